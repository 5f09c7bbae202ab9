"""Raw sockets for the attacks: bytes out, bytes in, bounded in time."""
import socket
import ssl
import time


def tls_context(server):
    context = ssl.create_default_context(cafile=server.ca_file)
    return context


def connect(port, server=None, timeout=15):
    """server: speak TLS at once."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    return tls_context(server).wrap_socket(plain, server_hostname="localhost") if server else plain


def read_all(connection, seconds=15):
    """Until the other side closes or the time is over."""
    data, limit = b"", time.monotonic() + seconds
    while time.monotonic() < limit:
        connection.settimeout(max(0.05, limit - time.monotonic()))
        try:
            part = connection.recv(65536)
        except (TimeoutError, ssl.SSLError, ConnectionError):
            break
        if not part:
            break
        data += part
    return data


class Smtp:
    """An SMTP session that sends exactly what it is told."""

    def __init__(self, port, server=None, timeout=15):
        self.connection, self.buffer = connect(port, server, timeout), b""
        self.greeting = self.reply()

    def send(self, data):
        self.connection.sendall(data)

    def line(self):
        while b"\n" not in self.buffer:
            part = self.connection.recv(65536)
            if not part:
                raise EOFError("the server closed the connection")
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode(errors="replace")

    def reply(self):
        """The whole reply, lines joined."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def ask(self, data):
        self.send(data)
        return self.reply()

    def start_tls(self, server):
        self.connection = tls_context(server).wrap_socket(self.connection, server_hostname="localhost")

    def close(self):
        self.connection.close()
