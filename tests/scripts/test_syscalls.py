"""What strace wrote is read right, and nothing that is not permitted gets through."""

from pathlib import Path

import pytest

from scripts.offline.syscalls import Places, breaches, calls

PLACES = Places(
    Path("/folder"),
    own=(Path("/home/.cache/voice-coach"), Path("/folder/out.wav")),
    passing=(Path("/tmp"),),  # noqa: S108 - a name
    bytecode=(Path("/venv"),),
)


def whats(*lines: str) -> list[str]:
    return [breach.what for breach in breaches(lines, PLACES)]


PERMITTED = [
    "7 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 5<socket:[1]>",
    '7 bind(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(8642), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    '7 connect(5<socket:[1]>, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
    '7 connect(5<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/user/0/pulse/native"}, 110) = -1 ENOENT (No such file or directory)',
    "7 socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [3<socket:[1]>, 4<socket:[2]>]) = 0",
    "7 connect(5<socket:[1]>, {sa_family=AF_UNSPEC, sa_data=\"\"}, 16) = 0",
    '7 sendto(5<socket:[1]>, ""..., 40, MSG_NOSIGNAL, NULL, 0) = 40',
    '7 openat(AT_FDCWD</folder>, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>',
    '7 openat(AT_FDCWD</folder>, "out.wav", O_RDWR|O_CREAT|O_TRUNC, 0644) = 3</folder/out.wav>',
    '7 mkdir("/home/.cache", 0700) = 0',
    '7 mkdir("/home/.cache/voice-coach/phrases", 0700) = 0',
    '7 mkdir("/home/.config", 0700) = -1 EACCES (Permission denied)',
    '7 openat(AT_FDCWD</folder>, "/tmp/gone-in-the-end", O_RDWR|O_CREAT|O_EXCL, 0600) = 3</tmp/gone-in-the-end>',
    '7 openat(AT_FDCWD</folder>, "/venv/a/__pycache__/b.pyc.1", O_WRONLY|O_CREAT|O_EXCL, 0644) = 3</venv/a/__pycache__/b.pyc.1>',
    '7 openat(AT_FDCWD</folder>, "/home", O_RDWR|O_EXCL|O_TMPFILE, 0600) = 3</home/#21 (deleted)>',
    '7 openat(AT_FDCWD</folder>, "/dev/null", O_WRONLY) = 3</dev/null>',
    "7 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=8} ---",
    "7 +++ exited with 0 +++",
]  # fmt: skip


@pytest.mark.parametrize("line", PERMITTED)
def test_permitted(line: str) -> None:
    assert whats(line) == []


FORBIDDEN = {
    '7 connect(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0': "a name look-up (port 53)",
    '7 sendto(5<socket:[1]>, ""..., 40, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, 16) = 40': "a name look-up (port 53)",
    '7 connect(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("10.1.2.3")}, 16) = -1 EINPROGRESS (Operation now in progress)': "connect to 10.1.2.3, which is not this machine alone",
    '7 connect(5<socket:[1]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0': "connect to 2001:db8::1, which is not this machine alone",
    '7 connect(5<socket:[1]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::ffff:10.0.0.1", &sin6_addr), sin6_scope_id=0}, 28) = 0': "connect to 10.0.0.1, which is not this machine alone",
    '7 bind(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = 0': "bind to 0.0.0.0, which is not this machine alone",
    '7 sendmsg(5<socket:[1]>, {msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("192.0.2.1")}, msg_namelen=16, msg_iov=[], msg_iovlen=0, msg_controllen=0, msg_flags=0}, 0) = 0': "sendmsg to 192.0.2.1, which is not this machine alone",
    '7 connect(5<socket:[1]>, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)': "a name look-up (/var/run/nscd/socket)",
    '7 connect(5<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/systemd/resolve/io.systemd.Resolve"}, 42) = 0': "a name look-up (/run/systemd/resolve/io.systemd.Resolve)",
    "7 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 5<socket:[1]>": "a socket of AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC",
    "7 socket(AF_PACKET, SOCK_RAW, htons(0 /* ETH_P_??? */)) = -1 EPERM (Operation not permitted)": "a socket of AF_PACKET, SOCK_RAW",
    "7 io_uring_setup(8, {flags=0}) = 5": "a way around what is watched (io_uring)",
    '7 openat(AT_FDCWD</folder>, "/etc/resolv.conf", O_RDONLY|O_CLOEXEC) = 3</etc/resolv.conf>': "a name look-up (/etc/resolv.conf)",
    '7 openat(AT_FDCWD</folder>, "/etc/hosts", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)': "a name look-up (/etc/hosts)",
    '7 mkdir("/home/.cache/Microsoft", 0700) = 0': "mkdir of /home/.cache/Microsoft, outside the coach's own folders",
    '7 openat(AT_FDCWD</folder>, "left.txt", O_WRONLY|O_CREAT, 0644) = 3</folder/left.txt>': "openat of /folder/left.txt, outside the coach's own folders",
    '7 openat(6</home/x>, "id.tmp", O_WRONLY|O_CREAT|O_EXCL, 0600) = 7</home/x/id.tmp>': "openat of /home/x/id.tmp, outside the coach's own folders",
    '7 rename("/home/.cache/voice-coach/a", "/home/b") = 0': "rename of /home/b, outside the coach's own folders",
    '7 unlink("/home/diary") = 0': "unlink of /home/diary, outside the coach's own folders",
    r'7 mkdir("/home/\303\274bung", 0700) = 0': "mkdir of /home/übung, outside the coach's own folders",
}  # fmt: skip


@pytest.mark.parametrize("line", FORBIDDEN)
def test_forbidden(line: str) -> None:
    assert whats(line) == [FORBIDDEN[line]]


def test_a_passing_file_that_stays(tmp_path: Path) -> None:
    (tmp_path / "left").touch()
    line = (
        f'7 openat(AT_FDCWD</folder>, "{tmp_path}/left", O_RDWR|O_CREAT, 0600) = 3<{tmp_path}/left>'
    )
    places = Places(Path("/folder"), own=(), passing=(tmp_path,))
    assert len(breaches([line], places)) == 1
    (tmp_path / "left").unlink()
    assert breaches([line], places) == []


def test_calls_that_were_interrupted_are_joined() -> None:
    lines = [
        '7 connect(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("10.1.2.3")}, 16 <unfinished ...>',
        '8 openat(AT_FDCWD</folder>, "/home/new", O_WRONLY|O_CREAT, 0666 <unfinished ...>',
        "7 <... connect resumed>) = 0",
        "9 +++ exited with 0 +++",
        "8 <... openat resumed>) = 3</home/new>",
    ]  # fmt: skip
    assert [(call.name, call.result) for call in calls(lines)] == [
        ("connect", "0"),
        ("openat", "3</home/new>"),
    ]
    assert whats(*lines) == [
        "connect to 10.1.2.3, which is not this machine alone",
        "openat of /home/new, outside the coach's own folders",
    ]


def test_a_call_in_which_the_process_ended() -> None:
    line = '7 connect(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("10.1.2.3")}, 16 <unfinished ...>'
    assert whats(line) == ["connect to 10.1.2.3, which is not this machine alone"]
