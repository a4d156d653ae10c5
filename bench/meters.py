"""What /proc says about a process, and about the machine."""

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used so far, its ended threads included, in steps of a clock tick (10 ms)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, children.read_text().split())] if children.exists() else [pid]


def cpu_of_family(pid: int) -> dict[int, float]:
    """CPU seconds by process id, of a process and its children; who ends while we look is left out."""
    found = {}
    for member in family(pid):
        try:
            found[member] = cpu_seconds(member)
        except (FileNotFoundError, ProcessLookupError):  # before its file was opened, or read
            continue
    return found


def cpu_of_all(pid: int) -> float:
    """CPU seconds that a process and its present children have used so far."""
    return sum(cpu_of_family(pid).values())


def cpu_with_ended(pid: int) -> float:
    """The same, and what its children have used that have ended meanwhile and that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return cpu_of_all(pid) + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int) -> int:
    """What the process keeps for itself in RAM: its private pages."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) * 1024


def file_system(folder: Path) -> str:
    """The type of the file system a folder lies on, such as ext4 or tmpfs."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holders = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(holders, key=lambda holder: len(holder[0]))[1]


def flush_microseconds(folder: Path) -> float:
    """Median time to make 8 kB durable there."""
    file, times = folder / "flush", []
    with file.open("wb", buffering=0) as out:
        for _ in range(100):
            out.seek(0)
            out.write(os.urandom(8192))
            begun = time.perf_counter()
            os.fdatasync(out.fileno())
            times.append(time.perf_counter() - begun)
    file.unlink()
    return statistics.median(times) * 1e6


def machine(folder: Path) -> dict[str, Any]:
    """The machine and the version of the shop, for the record."""
    model = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], check=False, capture_output=True, text=True)
    return {
        "processor": model[0] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": memory,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "file_system": file_system(folder),
        "flush_us": round(flush_microseconds(folder)),
        "load_average": os.getloadavg()[0],
        "revision": revision.stdout.strip(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
