#!/usr/bin/env python3
"""The HTTP life cycle over real sockets: test_http.py PROGRAM (testing/http_test_server.c). Raw bytes in, raw bytes out, because clients with manners
never send what must be refused."""
import base64
import gzip
import hashlib
import json
import os
import re
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = ""
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE
SLOW = float(os.environ.get("BOURSE_TEST_SLOW", "1"))  # ThreadSanitizer runs take longer


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                   check=True, capture_output=True)


class Server:
    def __init__(self, *options, plain=True):
        self.folder = tempfile.TemporaryDirectory()
        arguments = [os.path.abspath(PROGRAM), f"server.data_directory={self.folder.name}", *options]
        if plain:
            arguments.append("plain")
        else:
            make_certificate(self.folder.name, "server")
            arguments += [f"tls.certificate={self.folder.name}/server.pem", f"tls.key={self.folder.name}/server.key"]
        self.log = open(f"{self.folder.name}/log", "w+")
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=self.folder.name)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(open(f"{self.folder.name}/log").read())
        ports = json.loads(line)
        self.port, self.metrics_port, self.plain = ports["port"], ports["metrics_port"], plain

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=60 * SLOW)
        self.process.stdout.close()
        self.log.seek(0)
        log = self.log.read()
        self.log.close()
        self.folder.cleanup()
        return code, log

    def connect(self, port=None):
        plain = socket.create_connection(("127.0.0.1", port or self.port), timeout=30 * SLOW)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.plain or port:
            return plain
        return CONTEXT.wrap_socket(plain, server_hostname="localhost")

    def counts(self):
        return json.loads(self.get("/counts").body)

    def get(self, target, headers=(), login=None, method="GET"):
        with self.connect() as connection:
            connection.sendall(request(method, target, headers, login=login))
            return read_answer(connection, method)

    def wait_for(self, what, wanted, seconds=5):
        end = time.monotonic() + seconds * SLOW
        while time.monotonic() < end:
            if self.counts()[what] == wanted:
                return
            time.sleep(0.02)
        raise AssertionError(f"{what}: {self.counts()}, wanted {wanted}")


def basic(login, password="secret"):
    return "Authorization: Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def request(method, target, headers=(), body=None, login=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if login:
        lines.append(basic(login))
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def field(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[0] if values else None

    def echo(self, name):
        for line in self.body.decode().splitlines():
            if line.startswith(name + "="):
                return line[len(name) + 1:]
        return None


def read_line(stream):
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError("connection closed")
    return line.rstrip(b"\r\n").decode()


def read_head(stream):
    status = int(read_line(stream).split()[1])
    headers = []
    while line := read_line(stream):
        key, _, value = line.partition(":")
        headers.append((key, value.strip()))
    return status, headers


def read_answer(connection, method="GET", stream=None):
    stream = stream or connection.makefile("rb")
    status, headers = read_head(stream)
    answer = Answer(status, headers, b"")
    if method == "HEAD" or status in (100, 204, 304):
        return answer
    if answer.field("Transfer-Encoding") == "chunked":
        while (size := int(read_line(stream), 16)) > 0:
            answer.body += stream.read(size)
            read_line(stream)
        read_line(stream)
    else:
        answer.body = stream.read(int(answer.field("Content-Length")))
    return answer


def read_all(connection):
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except (ConnectionResetError, ssl.SSLError):
        pass
    return data


class Case(unittest.TestCase):
    options = ()
    plain = True

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options, plain=cls.plain)

    @classmethod
    def tearDownClass(cls):
        code, log = cls.server.stop()
        if code != 0:
            raise AssertionError(f"server ended with {code}\n{log[-6000:]}")


class Basics(Case):
    def test_answer_has_its_fields(self):
        answer = self.server.get("/open?q=a%20b")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.echo("q"), "a b")
        self.assertEqual(answer.echo("remote"), "127.0.0.1")
        self.assertEqual(len(answer.field("request-id")), 36)
        self.assertEqual(answer.field("Cache-Control"), "private")
        self.assertEqual(answer.field("X-Echo"), "yes")
        self.assertIsNone(answer.field("X-Powered-By"))
        self.assertIsNone(answer.field("Server"))
        self.assertIsNone(answer.field("Strict-Transport-Security"))

    def test_client_request_id_comes_back_when_asked(self):
        headers = ["client-request-id: 1234", "return-client-request-id: true"]
        self.assertEqual(self.server.get("/open", headers).field("client-request-id"), "1234")
        self.assertIsNone(self.server.get("/open", headers[:1]).field("client-request-id"))

    def test_routing(self):
        self.assertEqual(self.server.get("/OPEN").status, 200)
        self.assertEqual(self.server.get("/openx").status, 404)
        self.assertEqual(self.server.get("/open/x").status, 404)
        self.assertEqual(self.server.get("/Tree/a%40b", login="alice").echo("path"), "/Tree/a@b")
        self.assertEqual(self.server.get("/treex", login="alice").status, 404)
        self.assertEqual(self.server.get("/").status, 404)

    def test_methods(self):
        answer = self.server.get("/small")
        self.assertEqual((answer.status, answer.field("Allow")), (405, "POST, OPTIONS"))
        answer = self.server.get("/echo", method="OPTIONS")
        self.assertEqual((answer.status, answer.field("Allow")), (200, "GET, POST, HEAD, OPTIONS"))
        self.assertEqual(self.server.get("*", method="OPTIONS").status, 200)
        self.assertEqual(self.server.get("/open", method="OPTIONS").echo("method"), "OPTIONS")
        self.assertEqual(self.server.get("/open", method="DELETE").status, 405)

    def test_head(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("HEAD", "/big?n=5000"))
            answer = read_answer(connection, "HEAD", stream)
            self.assertEqual((answer.status, answer.field("Content-Length")), (200, "5000"))
            connection.sendall(request("GET", "/open"))
            self.assertEqual(read_answer(connection, stream=stream).echo("method"), "GET")

    def test_keep_alive_and_pipelining(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(b"".join(request("GET", f"/open?q={i}") for i in range(50)))
            for i in range(50):
                self.assertEqual(read_answer(connection, stream=stream).echo("q"), str(i))

    def test_http_10_closes(self):
        with self.server.connect() as connection:
            connection.sendall(b"GET /open HTTP/1.0\r\n\r\n")
            self.assertIn(b"200 OK", read_all(connection))

    def test_statuses_map_to_http(self):
        self.assertEqual(self.server.get("/fail?status=0").status, 500)
        seen = {self.server.get(f"/fail?status={number}").status for number in range(1, 40)}
        self.assertTrue({400, 404, 413, 403} <= seen, seen)
        typed = self.server.get("/typed?status=1")
        self.assertEqual((typed.status, typed.body, typed.field("Content-Type")), (400, b"<fault/>", "text/xml"))

    def test_gzip(self):
        plain = self.server.get("/big?n=100000")
        self.assertIsNone(plain.field("Content-Encoding"))
        packed = self.server.get("/big?n=100000", ["Accept-Encoding: deflate, gzip;q=0.5"])
        self.assertEqual(packed.field("Content-Encoding"), "gzip")
        self.assertEqual(packed.field("Vary"), "Accept-Encoding")
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertLess(len(packed.body), 5000)
        for headers in (["Accept-Encoding: gzip;q=0"], ["Accept-Encoding: gzip;q=0.000"], ["Accept-Encoding: identity"]):
            self.assertIsNone(self.server.get("/big?n=100000", headers).field("Content-Encoding"), headers)
        self.assertIsNone(self.server.get("/big?n=1000", ["Accept-Encoding: gzip"]).field("Content-Encoding"))
        self.assertEqual(len(self.server.get("/big?n=30000000").body), 30000000)


class SignIn(Case):
    def post(self, headers, body=b"x", **more):
        with self.server.connect() as connection:
            connection.sendall(request("POST", "/echo", headers, body))
            return read_answer(connection, **more)

    def test_challenge(self):
        answer = self.server.get("/echo")
        self.assertEqual(answer.status, 401)
        challenges = [value for key, value in answer.headers if key == "WWW-Authenticate"]
        self.assertEqual(len(challenges), 1)
        self.assertRegex(challenges[0], r'^Basic realm="[^"]+", charset="UTF-8"$')

    def test_preemptive(self):
        answer = self.post([basic("alice")])
        self.assertEqual((answer.status, answer.echo("login"), answer.echo("authorization")), (200, "alice", "hidden"))

    def test_after_401_on_the_same_connection(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("POST", "/echo", body=b"y" * 200000))
            self.assertEqual(read_answer(connection, stream=stream).status, 401)
            connection.sendall(request("POST", "/echo", body=b"y" * 200000, login="alice"))
            answer = read_answer(connection, stream=stream)
            self.assertEqual((answer.status, answer.echo("length")), (200, "200000"))

    def test_a_fault_cannot_hide_the_challenge(self):
        with self.server.connect() as connection:
            connection.sendall(request("POST", "/small", body=b"x"))
            answer = read_answer(connection)
            self.assertEqual((answer.status, answer.body), (401, b"<fault/>"))
            self.assertIn("Basic", answer.field("WWW-Authenticate"))

    def test_refusals(self):
        self.assertEqual(self.post([basic("alice", "wrong")]).status, 401)
        self.assertEqual(self.post(["Authorization: Basic ###"]).status, 401)
        self.assertEqual(self.post(["Authorization: Bearer x"]).status, 401)
        answer = self.post([basic("down")])
        self.assertEqual((answer.status, answer.field("Retry-After"), answer.field("WWW-Authenticate")), (503, "5", None))

    def test_large_body_is_refused_before_it_is_kept(self):
        before = self.server.counts()["sign_ins"]
        self.assertEqual(self.post([basic("alice", "wrong")], b"z" * 3000000).status, 401)
        self.assertEqual(self.server.counts()["sign_ins"], before + 1)

    def test_failed_answer_is_held_back_without_a_thread(self):
        self.server.get("/set?delay_ms=700")
        try:
            begin = time.monotonic()
            threads = [threading.Thread(target=lambda: self.post([basic("alice", "wrong")])) for _ in range(20)]
            for thread in threads:
                thread.start()
            time.sleep(0.3)
            self.assertEqual(self.server.get("/open").status, 200)
            self.assertLess(time.monotonic() - begin, 0.65 * SLOW)
            for thread in threads:
                thread.join()
            took = time.monotonic() - begin
            self.assertTrue(0.7 <= took < 2.5 * SLOW, took)
        finally:
            self.server.get("/set")

    def test_successful_sign_in_can_be_held_back_too(self):
        begin = time.monotonic()
        answer = self.post([basic("slow")], b"kept")
        self.assertEqual((answer.status, answer.echo("length")), (200, "4"))
        self.assertGreaterEqual(time.monotonic() - begin, 0.29)
        answer = self.post([basic("slow")], b"k" * 300000)
        self.assertEqual((answer.status, answer.echo("sha256")), (200, hashlib.sha256(b"k" * 300000).hexdigest()))

    def test_negotiate_over_two_legs(self):
        token = lambda text: "Authorization: Negotiate " + base64.b64encode(text).decode()
        self.server.get("/set?kerberos=1")
        try:
            with self.server.connect() as connection:
                stream = connection.makefile("rb")
                connection.sendall(request("GET", "/echo"))
                answer = read_answer(connection, stream=stream)
                self.assertEqual([value.split()[0] for key, value in answer.headers if key == "WWW-Authenticate"], ["Negotiate", "Basic"])
                connection.sendall(request("GET", "/echo", [token(b"one")]))
                answer = read_answer(connection, stream=stream)
                self.assertEqual((answer.status, answer.field("WWW-Authenticate")), (401, "Negotiate dHdv"))
                connection.sendall(request("GET", "/echo", [token(b"three")]))
                answer = read_answer(connection, stream=stream)
                self.assertEqual((answer.status, answer.echo("login"), answer.field("WWW-Authenticate")), (200, "kerberos", "Negotiate Zm91cg=="))
            self.assertEqual(self.server.get("/echo", [token(b"bad")]).status, 401)
        finally:
            self.server.get("/set")

    def test_user_concurrency(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.server.get("/slow?ms=400", login="alice").body)) for _ in range(4)]
        for thread in threads:
            thread.start()
        self.assertEqual(self.server.get("/slow?ms=1", login="bob").body, b"done")
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [b"done", b"done", b"over the limit", b"over the limit"])
        self.assertEqual(self.server.get("/slow?ms=1", login="alice").body, b"done")


class Bodies(Case):
    options = ("http.body_in_memory=65536", "http.body_size=4MiB")

    def post(self, headers=(), body=None, target="/echo", login="alice"):
        with self.server.connect() as connection:
            connection.sendall(request("POST", target, headers, body, login))
            return read_answer(connection)

    def test_sizes(self):
        for size in (0, 1, 16384, 16385, 65536, 65537, 1000000, 4 * 1024 * 1024):
            body = os.urandom(size)
            answer = self.post(body=body)
            self.assertEqual((answer.status, answer.echo("length"), answer.echo("sha256")), (200, str(size), hashlib.sha256(body).hexdigest()))

    def test_spool_files_leave_nothing(self):
        self.post(body=os.urandom(500000))
        self.assertEqual([name for name in os.listdir(self.server.folder.name) if name != "log"], [])

    def test_chunked(self):
        body = os.urandom(300000)
        chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 7777]), body[i:i + 7777]) for i in range(0, len(body), 7777)) + b"0\r\nTrailer: x\r\n\r\n"
        with self.server.connect() as connection:
            connection.sendall(request("POST", "/echo", ["Transfer-Encoding: chunked"], login="alice") + chunks)
            self.assertEqual(read_answer(connection).echo("sha256"), hashlib.sha256(body).hexdigest())

    def test_too_large(self):
        self.assertEqual(self.post(["Content-Length: 99999999"]).status, 413)
        self.assertEqual(self.post(body=b"x" * 1001, target="/small").status, 413)

    def test_too_large_chunked(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("POST", "/small", ["Transfer-Encoding: chunked"], login="alice") + b"5dc\r\n" + b"x" * 1500 + b"\r\n0\r\n\r\n")
            answer = read_answer(connection, stream=stream)
            self.assertEqual((answer.status, answer.body), (413, b"<fault/>"))
        with self.server.connect() as connection:
            connection.sendall(request("POST", "/small", ["Transfer-Encoding: chunked"], login="alice"))
            try:
                for _ in range(400):
                    connection.sendall(b"2710\r\n" + b"x" * 10000 + b"\r\n")
                data = read_all(connection)
            except (BrokenPipeError, ConnectionResetError):
                data = b""
            self.assertEqual(data, b"", "cut, not answered, because the client does not stop")

    def test_open_methods_take_little(self):
        self.assertEqual(self.post(body=b"x" * 16384, target="/open", login=None).status, 200)
        self.assertEqual(self.post(body=b"x" * 16385, target="/open", login=None).status, 413)

    def test_expect_100(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("POST", "/echo", ["Expect: 100-continue", "Content-Length: 200000"], login="alice"))
            self.assertEqual(read_answer(connection, stream=stream).status, 100)
            connection.sendall(b"q" * 200000)
            self.assertEqual(read_answer(connection, stream=stream).echo("length"), "200000")
        for login, expected in ((None, 401), ("down", 503)):
            with self.server.connect() as connection:
                connection.sendall(request("POST", "/echo", ["Expect: 100-continue", "Content-Length: 200000"], login=login))
                self.assertEqual(read_answer(connection).status, expected)
        self.assertEqual(self.post(["Expect: wonders"], b"x").status, 417)


class Smuggling(Case):
    def refused(self, data, expected=b"400"):
        with self.server.connect() as connection:
            connection.sendall(data)
            connection.settimeout(5 * SLOW)
            answer = read_all(connection)
            self.assertEqual(answer[9:12], expected, (data, answer))
            self.assertNotIn(b" 200 ", answer, data)
            self.assertNotIn(b"smuggled", answer, data)

    def test_framing(self):
        head = b"POST /open HTTP/1.1\r\nHost: h\r\n"
        smuggled = b"GET /open?q=smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
        for lines in (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 5\r\nContent-Length: 5\r\n",
                      b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                      b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: xchunked\r\n",
                      b"Transfer-Encoding:\r\n chunked\r\n", b"Content-Length : 5\r\n", b"Content-Length\t: 5\r\n",
                      b"X: a\r\n b\r\n", b"X: a\r\n\tb\r\n", b" X: a\r\n", b"X: a\nY: b\r\n", b"X: a\rY: b\r\n", b"X: a\x00b\r\n", b"X: a\x01\r\n", b": a\r\n",
                      b"X(: a\r\n", b"\xffX: a\r\n", b"Host: other\r\n", b"Content-Length: -1\r\n", b"Content-Length: 5,5\r\n", b"Content-Length: 0x5\r\n",
                      b"Content-Length: \r\n", b"no colon\r\n"):
            self.refused(head + lines + b"\r\n" + b"0\r\n\r\n" + smuggled)

    def test_bare_lf_everywhere(self):
        self.refused(b"GET /open HTTP/1.1\nHost: h\n\n")
        self.refused(b"GET /open HTTP/1.1\r\nHost: h\nX: y\r\n\r\n")

    def test_request_lines(self):
        self.refused(b"GET /open\r\nHost: h\r\n\r\n")
        self.refused(b"GET /op en HTTP/1.1\r\nHost: h\r\n\r\n")
        self.refused(b"GET /open HTTP/1.1\r\n\r\n")
        self.refused(b"GET /open HTTP/2.0\r\nHost: h\r\n\r\n", b"505")

    def test_transfer_encoding_in_http_10(self):
        with self.server.connect() as connection:
            connection.sendall(b"POST /open HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            self.assertIn(b"400 ", read_all(connection)[:15])

    def test_paths(self):
        for path in ("/open/../open", "/open%00", "/open%252e", "/open\\x", "/%2e%2e/open", "/open%5cx", "/open%", "/open/..%2f", "/x%0d%0aSet-Cookie:%20a"):
            self.assertEqual(self.server.get(path).status, 400, path)

    def test_the_strict_form_passes(self):
        with self.server.connect() as connection:
            connection.sendall(b"POST /open HTTP/1.1\r\nHost: h\r\nX:\r\nY:a  \r\nZ: \t b c \r\nCookie: a=b; c=d\r\nContent-Length: 3\r\n\r\nabc")
            self.assertEqual(read_answer(connection).echo("length"), "3")


class Limits(Case):
    options = ("http.header_deadline=1s", "http.connections_per_address=40", "http.body_rate=100000", "http.idle=2s", "http.workers=2")

    def test_sizes(self):
        self.assertEqual(self.server.get("/open?q=" + "x" * 8000).status, 200)
        self.assertEqual(self.server.get("/open?q=" + "x" * 9000).status, 414)
        self.assertEqual(self.server.get("/open", ["X: " + "x" * 30000]).status, 200)
        self.assertEqual(self.server.get("/open", ["X: " + "x" * 33000]).status, 431)
        self.assertEqual(self.server.get("/open", [f"X{i}: y" for i in range(49)]).status, 200)
        self.assertEqual(self.server.get("/open", [f"X{i}: y" for i in range(50)]).status, 431)
        with self.server.connect() as connection:
            connection.sendall(b"GET /open HTTP/1.1\r\n" + b"X: " + b"y" * 200000)
            self.assertIn(read_all(connection)[9:12], (b"431", b""))

    def cut_after(self, first, drip, low, high):
        with self.server.connect() as connection:
            begin = time.monotonic()
            connection.sendall(first)
            try:
                while time.monotonic() - begin < high * SLOW + 3:
                    connection.sendall(drip)
                    time.sleep(0.1)
                    connection.setblocking(False)
                    try:
                        if connection.recv(1) == b"":
                            break
                    except BlockingIOError:
                        pass
                    finally:
                        connection.settimeout(30)
            except (BrokenPipeError, ConnectionResetError):
                pass
            took = time.monotonic() - begin
            self.assertTrue(low <= took <= high * SLOW, took)

    def test_slow_head(self):
        self.cut_after(b"", b"", 0.9, 2.5)
        self.cut_after(b"GET /open HT", b"T", 0.9, 2.5)
        self.cut_after(b"GET /open HTTP/1.1\r\n", b"X: y\r\n", 0.9, 2.5)

    def test_slow_body(self):
        self.cut_after(request("POST", "/echo", ["Content-Length: 1000000"], login="alice"), b"0123456789", 9, 13)

    def test_slow_next_request(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("GET", "/open"))
            read_answer(connection, stream=stream)
            begin = time.monotonic()
            with self.assertRaises((EOFError, ConnectionResetError, BrokenPipeError)):
                for letter in b"GET /open?q=" + b"x" * 200:
                    connection.sendall(bytes([letter]))
                    time.sleep(0.1)
                read_answer(connection, stream=stream)
            self.assertLess(time.monotonic() - begin, 5 * SLOW)

    def test_connections_of_an_address(self):
        self.server.wait_for("connections", 1)
        connections = [self.server.connect() for _ in range(38)]
        for connection in connections:
            connection.sendall(request("GET", "/open"))
        self.assertTrue(all(read_answer(connection).status == 200 for connection in connections))
        self.assertEqual(self.server.get("/open").status, 200)
        time.sleep(0.3 * SLOW)  # until that one is no longer counted
        more = [self.server.connect() for _ in range(10)]
        cut = 0
        for connection in more:
            connection.settimeout(0.4)
            try:
                cut += connection.recv(1) == b""
            except (ConnectionResetError, TimeoutError) as failure:
                cut += isinstance(failure, ConnectionResetError)
        self.assertEqual(cut, 8)
        for connection in connections + more:
            connection.close()
        self.server.wait_for("connections", 1)

    def test_overload_is_told_at_once(self):
        connections = [self.server.connect() for _ in range(30)]
        for connection in connections:
            connection.sendall(b"".join(request("GET", "/busy?ms=600") for _ in range(1)))
        for connection in connections:
            connection.close()
        time.sleep(0.1)
        self.server.wait_for("requests", 1, 30)


class Overload(Case):
    options = ("http.workers=2", "http.connections_per_address=500")

    def test_full_queue_answers_503_at_once(self):
        connections = [self.server.connect() for _ in range(100)]
        begin = time.monotonic()
        for connection in connections:
            connection.sendall(request("GET", "/busy?ms=50"))
        answers = [read_answer(connection) for connection in connections]
        took = time.monotonic() - begin
        statuses = [answer.status for answer in answers]
        self.assertGreaterEqual(statuses.count(503), 20, statuses)
        self.assertGreaterEqual(statuses.count(200), 60, statuses)
        self.assertEqual({answer.field("Retry-After") for answer in answers if answer.status == 503}, {"5"})
        self.assertLess(took, 6 * SLOW)
        for connection in connections:
            connection.close()


class LongPolls(Case):
    options = ("http.connections_per_address=15000", "http.connections=12000")

    def test_wake_deadline_and_lost_wake(self):
        with self.server.connect() as connection:
            connection.sendall(request("GET", "/wait?key=a&ms=60000"))
            self.server.wait_for("waiting", 1)
            self.server.get("/wake?key=b")
            self.assertEqual(self.server.counts()["waiting"], 1)
            self.server.get("/wake?key=a")
            self.assertEqual(read_answer(connection).body, b"event")
        begin = time.monotonic()
        self.assertEqual(self.server.get("/wait?key=a&ms=300").body, b"deadline")
        self.assertTrue(0.29 <= time.monotonic() - begin < 1.5 * SLOW)
        self.assertEqual(self.server.get("/wait?key=a&ms=60000&lost=1").body, b"event")
        self.assertEqual(self.server.get("/wait?key=a&ms=0").body, b"deadline")

    def test_next_request_on_the_connection(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("GET", "/wait?key=a&ms=100") + request("GET", "/open?q=after"))
            self.assertEqual(read_answer(connection, stream=stream).body, b"deadline")
            self.assertEqual(read_answer(connection, stream=stream).echo("q"), "after")

    def test_hang_up(self):
        before = self.server.counts()["hang_ups"]
        connections = [self.server.connect() for _ in range(50)]
        for connection in connections:
            connection.sendall(request("GET", "/wait?key=gone"))
        self.server.wait_for("waiting", 50)
        for connection in connections:
            connection.close()
        self.server.wait_for("waiting", 0)
        self.server.wait_for("hang_ups", before + 50)
        self.server.wait_for("connections", 1)

    def test_stream(self):
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            connection.sendall(request("GET", "/stream?key=s&ms=60000"))
            status, headers = read_head(stream)
            self.assertEqual((status, dict(headers)["Transfer-Encoding"]), (200, "chunked"))
            piece = lambda: (read_line(stream), read_line(stream), read_line(stream))[1]
            self.assertEqual(piece(), "begin")
            for _ in range(5):
                self.server.wait_for("waiting", 1)
                begin = time.monotonic()
                self.server.get("/wake?key=s")
                self.assertEqual(piece(), "event")
                self.assertLess(time.monotonic() - begin, 0.5 * SLOW)
            stream.close()
        self.server.wait_for("waiting", 0)
        self.assertEqual(self.server.get("/stream?key=s&ms=50&once=1").body, b"begin\nalive\n")
        with self.server.connect() as connection:
            connection.sendall(request("GET", "/stream?cut=1"))
            self.assertFalse(read_all(connection).endswith(b"0\r\n\r\n"))

    def test_stream_in_bulk(self):
        self.assertEqual(self.server.get("/stream?end=1&pieces=4000").body, b"x" * 4096000)
        with self.server.connect() as connection:
            connection.sendall(request("GET", "/stream?end=1&pieces=50000"))
            time.sleep(1)
            self.assertFalse(read_all(connection).endswith(b"0\r\n\r\n"), "more than the queue takes")

    def test_stream_hang_up_while_waiting(self):
        before = self.server.counts()["hang_ups"]
        connection = self.server.connect()
        connection.sendall(request("GET", "/stream?key=h&ms=60000"))
        self.server.wait_for("waiting", 1)
        connection.close()
        self.server.wait_for("hang_ups", before + 1)
        self.server.wait_for("requests", 1)

    def test_streams_that_end_at_any_moment(self):
        for _ in range(150):
            connection = self.server.connect()
            connection.sendall(request("GET", "/late?key=any&ms=60000"))
            connection.close()
        self.server.wait_for("requests", 1, 10)
        self.assertEqual(self.server.counts()["waiting"], 0)

    def test_a_thousand(self):
        count = int(1000 if SLOW == 1 else 300)
        before = self.server.counts()["rss_kib"]
        connections = []
        for number in range(count):
            connections.append(self.server.connect())
            connections[-1].sendall(request("GET", f"/wait?key=k{number % 2}", ["User-Agent: test", "Accept: */*"]))
        self.server.wait_for("waiting", count, 20)
        grown = self.server.counts()["rss_kib"] - before
        print(f"\n{type(self).__name__}: {count} waiting connections: {grown / count:.1f} KiB resident each (sanitizers included)", file=sys.stderr)
        begin = time.monotonic()
        self.server.get("/wake?key=k0")
        self.server.get("/wake?key=k1")
        bodies = [read_answer(connection).body for connection in connections]
        print(f"{type(self).__name__}: {count} woken and read in {time.monotonic() - begin:.2f} s", file=sys.stderr)
        self.assertEqual(set(bodies), {b"event"})
        for connection in connections:
            connection.close()
        self.server.wait_for("connections", 1, 20)


class TlsLongPolls(LongPolls):
    plain = False


class Tls(Case):
    plain = False

    def test_versions(self):
        for version, works in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            context.minimum_version = version
            try:
                with context.wrap_socket(socket.create_connection(("127.0.0.1", self.server.port))) as connection:
                    connection.sendall(request("GET", "/open"))
                    self.assertEqual(read_answer(connection).field("Strict-Transport-Security"), "max-age=31536000")
                    self.assertTrue(works, version)
            except ssl.SSLError:
                self.assertFalse(works, version)

    def peer_certificate(self):
        with self.server.connect() as connection:
            return connection.getpeercert(True)

    def test_reload(self):
        first = self.peer_certificate()
        folder = self.server.folder.name
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            make_certificate(folder, "server")
            self.server.command("reload")
            self.assertEqual(self.server.answer(), "OK")
            connection.sendall(request("GET", "/open"))
            self.assertEqual(read_answer(connection, stream=stream).status, 200)
        second = self.peer_certificate()
        self.assertNotEqual(first, second)
        make_certificate(folder, "other")
        os.replace(f"{folder}/other.key", f"{folder}/server.key")
        self.server.command("reload")
        self.assertEqual(self.server.answer(), "CONFIGURATION")
        self.assertEqual(self.peer_certificate(), second)

    def test_large_body_and_answer(self):
        body = os.urandom(3000000)
        with self.server.connect() as connection:
            connection.sendall(request("POST", "/echo", (), body, "alice"))
            self.assertEqual(read_answer(connection).echo("sha256"), hashlib.sha256(body).hexdigest())
        self.assertEqual(len(self.server.get("/big?n=5000000").body), 5000000)

    def cpu_seconds(self):
        fields = open(f"/proc/{self.server.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_waiting_handshakes_cost_nothing(self):
        connections = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(20)]
        begin = self.cpu_seconds()
        time.sleep(1)
        self.assertLess(self.cpu_seconds() - begin, 0.3)
        for connection in connections:
            connection.close()
        self.server.wait_for("connections", 1)

    def test_garbage_instead_of_a_handshake(self):
        for garbage in (b"GET /open HTTP/1.1\r\nHost: h\r\n\r\n", os.urandom(300), b"\x16\x03\x01\xff\xff"):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall(garbage)
                connection.settimeout(20)
                self.assertNotIn(b"200 OK", read_all(connection))
        self.assertEqual(self.server.get("/open").status, 200)


class Metrics(Case):
    def get(self, path):
        with self.server.connect(self.server.metrics_port) as connection:
            connection.sendall(request("GET", path))
            return read_answer(connection)

    def test_metrics_and_health(self):
        self.server.get("/open")
        # a request counts when it has ended, which is a moment after the client has the answer
        for _ in range(50):
            answer = self.get("/metrics")
            self.assertEqual(answer.status, 200)
            if re.search(r'bourse_http_requests_total\{role="httpd"\} [1-9]', answer.body.decode()):
                break
            time.sleep(0.1)
        else:
            self.fail("the request is not counted")
        self.assertEqual(self.get("/health/live").body, b"ok\n")
        self.assertEqual(self.get("/health/ready").body, b"database: ok\ndirectory: ok\n")
        down = os.path.join(self.server.folder.name, "down")
        open(down, "w").close()
        answer = self.get("/health/ready")
        os.unlink(down)
        self.assertEqual(answer.status, 503)
        self.assertIn(b"database: The mail store is not available", answer.body)
        self.assertEqual(self.get("/else").status, 404)


class Drain(unittest.TestCase):
    def test_drain(self):
        server = Server()
        idle = server.connect()
        idle_stream = idle.makefile("rb")
        idle.sendall(request("GET", "/open"))
        read_answer(idle, stream=idle_stream)
        working, waiting, streaming = server.connect(), server.connect(), server.connect()
        waiting.sendall(request("GET", "/wait?key=x"))
        streaming.sendall(request("GET", "/stream?key=x&ms=60000"))
        server.wait_for("waiting", 2)
        working.sendall(request("GET", "/busy?ms=800"))
        time.sleep(0.2)
        server.command("drain 10")
        self.assertEqual(read_answer(waiting).body, b"drain")
        self.assertEqual(read_answer(streaming).body, b"begin\ndrain\n")
        idle.sendall(request("GET", "/open"))
        answer = read_answer(idle, stream=idle_stream)
        self.assertEqual((answer.status, answer.field("Connection"), answer.field("Retry-After")), (503, "close", "5"))
        with self.assertRaises(OSError):
            server.connect()
        self.assertEqual(read_answer(working).body, b"done")
        self.assertEqual(server.answer(), "drained")
        code, log = server.stop()
        self.assertEqual(code, 0, log[-4000:])

    def test_stop_with_everything_open(self):
        server = Server(plain=False)
        connections = [server.connect() for _ in range(12)]
        for number, connection in enumerate(connections):
            connection.sendall(request("GET", ("/wait?key=x", "/stream?key=x&ms=60000", "/busy?ms=300")[number % 3]))
        server.wait_for("waiting", 8)
        code, log = server.stop()
        self.assertEqual(code, 0, log[-4000:])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    unittest.main(verbosity=1)
