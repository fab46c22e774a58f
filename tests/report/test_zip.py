"""The library run out of a zip file, as a zipapp is: what it brings with it is found there too."""

import subprocess
import sys
import zipfile
from pathlib import Path

import wattwhat

CODE = """
import sys
sys.path.insert(0, sys.argv[1])
import wattwhat
assert ".zip" in wattwhat.__file__, wattwhat.__file__
from wattwhat.predict.devices import catalogue
from wattwhat.predict.published import shipped_fits
from wattwhat.report.page.document import own_script
assert len(catalogue()) > 50 and shipped_fits()
assert "use strict" in own_script()
"""


def test_pages_and_data_sheets_are_found_in_a_zip_file(tmp_path):
    home = Path(wattwhat.__file__).parent
    packed = tmp_path / "app.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in home.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(home.parent))
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(packed)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
