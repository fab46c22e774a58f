"""Pictures of the comparison page, in a real Chromium: `python docs/screenshots.py`.

Needs selenium, chromium and chromedriver, as the tests of the page do. The models are made up, with a seed.
"""

from __future__ import annotations

import base64
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))


def models(count: int = 90) -> list[Any]:
    """Made-up image models of six families, whose accuracy grows with their energy."""
    from tests.report import made

    chance = random.Random(18)
    found = []
    for i in range(count):
        joules = 0.02 * 1.06**i * chance.uniform(0.6, 1.8)
        accuracy = min(0.9, 0.55 + 0.0035 * i + chance.uniform(-0.04, 0.04))
        family = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Oak")[i % 6]
        found.append(
            made.model(
                f"{family}-{i // 6 + 1}", joules, accuracy=accuracy, day=i, family=family, item="image"
            )
        )
    return found


def main() -> None:
    """Draw the page with a limit and two picked rows."""
    from tests.report import browser
    from wattwhat.report.page import write_page

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        write_page(page, models(), title="Image models on one GPU", reference="fit")
        driver = browser.start(Path(folder))
        try:
            opened = browser.Page(driver, Path(folder))
            opened.open(page, 1440, 860, fragment="limit-energy=1 J&theme=light")
            opened.pick(*opened.shown()[30:32])
            shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        finally:
            driver.quit()
    (ROOT / "docs" / "images" / "comparison-page.png").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
