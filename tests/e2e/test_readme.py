"""The lines that the README shows work as written (with this instance's port and folder put in)."""
import os
import re
import subprocess

from instance import ROOT


def test_lines_of_the_readme(server):
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        lines = re.findall(r"^    ((?:curl|python=|\$python).*)$", file.read(), re.M)
    assert len(lines) == 5, lines
    script = "set -e\n" + "\n".join(lines)
    script = script.replace("localhost:10025", f"localhost:{server.smtp_port}").replace("var/endpoints.json", server.folder + "/endpoints.json")
    result = subprocess.run(["bash", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                            check=False)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    assert "pat@partner.test" in output and "answered bob@example.test" in output and "Re: Coffee?" in output, output
