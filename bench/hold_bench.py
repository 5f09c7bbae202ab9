#!/usr/bin/env python3
"""Goal 6: memory of a hanging connection, beside a bare TLS floor of the same run.

    hold_bench.py BUILD_FOLDER [CONNECTIONS]       (a release build; default 1,000 connections)

Both sides hold TLS connections that sent one request. Ours waits in the long-poll registry with a key, a deadline and a hang-up watch;
then all are woken, and all are closed while waiting."""
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "http"))
import test_http  # noqa: E402


def open_all(connect, count, target):
    connections = []
    for number in range(count):
        connection = connect()
        connection.sendall(test_http.request("GET", target % number, ["User-Agent: Android-Mail/2026", "Accept-Language: en"]))
        connections.append(connection)
    return connections


def measure_floor(program, folder, count):
    process = subprocess.Popen([program, f"{folder}/server.pem", f"{folder}/server.key"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline())

    def resident():
        process.stdin.write("?\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    def connect():
        plain = test_http.socket.create_connection(("127.0.0.1", port))
        return test_http.CONTEXT.wrap_socket(plain, server_hostname="localhost")

    warm = open_all(connect, 20, "/%d")
    before = resident()
    connections = open_all(connect, count, "/%d")
    time.sleep(0.2)
    grown = resident() - before
    process.stdin.close()
    process.wait()
    for connection in warm + connections:
        connection.close()
    return grown / count


def measure_ours(server, count):
    warm = open_all(server.connect, 20, "/wait?key=warm%d&ms=600000")
    server.wait_for("waiting", 20)
    before = server.counts()["rss_kib"]
    connections = open_all(server.connect, count, "/wait?key=all&n=%d&ms=600000")
    server.wait_for("waiting", count + 20, 30)
    grown = server.counts()["rss_kib"] - before
    begin = time.monotonic()
    server.get("/wake?key=all")
    for connection in connections:
        test_http.read_answer(connection)
    woken = time.monotonic() - begin
    for connection in connections:
        connection.close()
    connections = open_all(server.connect, count, "/wait?key=all&n=%d&ms=600000")
    server.wait_for("waiting", count + 20, 30)
    begin = time.monotonic()
    for connection in connections:
        connection.close()
    server.wait_for("waiting", 20, 30)
    noticed = time.monotonic() - begin
    for connection in warm:
        connection.close()
    return grown / count, woken, noticed


def main():
    build, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    test_http.PROGRAM = f"{build}/http/http_test_server"
    server = test_http.Server("http.connections_per_address=19000", "http.connections=18000", plain=False)
    print(f"load {os.getloadavg()[0]:.2f}, {count} connections")
    floor = measure_floor(os.path.abspath(f"{build}/http/http_tls_floor"), server.folder.name, count)
    ours, woken, noticed = measure_ours(server, count)
    server.stop()
    print(f"bare TLS floor       {floor:6.1f} KiB a connection")
    print(f"hanging request      {ours:6.1f} KiB a connection, {ours - floor:+.1f} over the floor (goal: at most +8)")
    print(f"10,000 would take    {ours * 10000 / 1024:6.0f} MiB (goal: at most 256)")
    print(f"all woken and read   {woken:6.2f} s")
    print(f"all hang-ups noticed {noticed:6.2f} s after the last close (goal: within 5)")


if __name__ == "__main__":
    main()
