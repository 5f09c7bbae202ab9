"""An ext4 file system on a loop file: small, and its power can be cut."""
import fcntl
import os
import shutil
import struct
import subprocess
import time

from lab import Lab, Skip

# _IOR('X', 125, __u32) and its argument of fs/ext4/ext4.h: what was not written is dropped, the journal is not flushed
EXT4_IOC_SHUTDOWN = 2 << 30 | 4 << 16 | ord("X") << 8 | 125
EXT4_GOING_FLAGS_NOLOGFLUSH = 2


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)


class Volume:
    """image: the loop file, made here. folder: where it is mounted. Skip when that does not work on this machine."""

    def __init__(self, image, folder, megabytes):
        self.image, self.folder = image, folder
        if os.geteuid() != 0:
            raise Skip("mounting an ext4 loop file needs root")
        if not shutil.which("mkfs.ext4", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Skip("mkfs.ext4 is not installed")
        os.makedirs(folder, exist_ok=True)
        with open(image, "wb") as file:
            file.truncate(megabytes << 20)
        made = run("mkfs.ext4", "-q", "-F", "-m", "0", image)
        mounted = self.try_mount() if made.returncode == 0 else made
        if mounted.returncode != 0:
            os.unlink(image)
            raise Skip(f"an ext4 loop file cannot be mounted here: {mounted.stderr.strip()}")

    def try_mount(self):
        # the loop device of the unmount before may need a moment to go
        for _ in range(20):
            result = run("mount", "-o", "loop", self.image, self.folder)
            if result.returncode == 0:
                break
            time.sleep(0.1)
        return result

    def mount(self):
        result = self.try_mount()
        assert result.returncode == 0, f"mount: {result.stderr}"

    def cut(self):
        """From here on every write and read of a file that is not in memory fails; what was not synced is gone."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", EXT4_GOING_FLAGS_NOLOGFLUSH))
        finally:
            os.close(handle)

    def unmount(self, seconds=20):
        limit = time.monotonic() + seconds
        while (result := run("umount", self.folder)).returncode != 0:
            assert time.monotonic() < limit, f"umount: {result.stderr}"
            time.sleep(0.1)

    def power_on(self):
        """The file system comes back as a machine would find it after the cut."""
        self.unmount()
        result = run("e2fsck", "-p", self.image)
        assert result.returncode in (0, 1), f"e2fsck: {result.stdout}{result.stderr}"
        self.mount()

    def free(self):
        space = os.statvfs(self.folder)
        return space.f_bavail * space.f_frsize

    def destroy(self):
        if os.path.ismount(self.folder):
            try:
                self.unmount()
            except AssertionError:
                # a server that could not be stopped holds it: away as soon as it ends
                run("umount", "-l", self.folder)
        os.unlink(self.image)


class VolumeLab(Lab):
    """An instance whose PostgreSQL is on a loop file, sparse and as large as its write-ahead log may become."""

    MEGABYTES = 6000

    def __init__(self, folder, build, form, settings=None):
        super().__init__(folder, build, form, settings)
        self.volume = None

    def start(self):
        state = os.path.join(self.data, "state")
        os.makedirs(state)
        for folder in (self.data, state):
            os.chmod(folder, 0o711)
        self.volume = Volume(os.path.join(self.folder, "image"), os.path.join(state, "postgres"), self.MEGABYTES)
        # PostgreSQL wants its folder to itself
        os.rmdir(os.path.join(self.volume.folder, "lost+found"))
        return super().start()

    def stop(self):
        if self.volume is None:
            return
        try:
            super().stop()
        finally:
            self.volume.destroy()
            self.volume = None
