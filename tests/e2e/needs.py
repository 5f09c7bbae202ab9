"""What a test needs beside the instance: @needs("postfix") and so on; the runner skips it, with the reason, where that is missing."""
import os
import shutil


def needs(*names):
    def mark(function):
        function.needs = names
        return function

    return mark


def last(function):
    """Marks a test that looks at what all others left behind."""
    function.last = True
    return function


def missing(name):
    """Why the thing is not at hand, or None."""
    here = os.path.dirname(os.path.abspath(__file__))
    if name == "postfix":
        if os.geteuid() != 0:
            return "Postfix needs root"
        return None if shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin") else "postfix is not installed"
    if name == "davmail":
        return None if os.path.exists("/usr/share/davmail/davmail.jar") and shutil.which("keytool") else "davmail is not installed"
    if name == "node":
        return None if os.path.exists(os.path.join(here, "node/node_modules/ews-javascript-api")) else "npm ci did not work here"
    return None if shutil.which(name) else f"{name} is not installed"
