"""The HTML file: data cannot become markup, and the policy allows the page's own scripts only."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from tests.report import made
from wattwhat.records.escaping import controls_shown
from wattwhat.report.page.document import document_of, own_script, script_json
from wattwhat.report.page.payload import payload_of

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def shown(value):
    """What JSON leaves as it is and nobody would see is there as a sign."""
    if isinstance(value, str):
        return "".join(sign if sign < " " else controls_shown(sign) for sign in value)
    if isinstance(value, dict):
        return {shown(key): shown(inner) for key, inner in value.items()}
    return [shown(inner) for inner in value] if isinstance(value, list) else value


@given(values)
def test_json_comes_back_and_cannot_end_its_element(value):
    text = script_json(value)
    assert json.loads(text) == shown(value)
    assert not re.search("[<\u2028\u2029\ud800-\udfff]", text)


class Reader(HTMLParser):
    """The elements of a page, and what its scripts hold."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.metas, self.title, self._open = [], [], [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open = tag
        if tag == "script":
            self.scripts.append([dict(attrs), ""])
        if tag == "meta":
            self.metas.append(dict(attrs))

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open == "script":
            self.scripts[-1][1] += data
        if self._open == "title":
            self.title += data


def page(title="A title", measurements=()):
    payload = payload_of(measurements, title=title)
    return document_of(payload, version="0.0")


def test_hostile_names_and_titles_add_no_element():
    plain, hostile = Reader(page()), Reader(page("</title><script>x</script>", made.odd()))
    assert hostile.tags == plain.tags
    assert hostile.title == "</title><script>x</script>"
    assert json.loads(hostile.scripts[0][1])["cells"][5][0] == made.HOSTILE[0]


def test_the_policy_names_exactly_the_scripts_that_run():
    reader = Reader(page(measurements=made.odd()))
    policy = next(
        meta["content"] for meta in reader.metas if meta.get("http-equiv") == "Content-Security-Policy"
    )
    running = [text for attributes, text in reader.scripts if "type" not in attributes]
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in running
    }
    assert len(running) == 1
    assert set(re.findall(r"'sha256-[^']+'", policy)) == hashes
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy


def test_the_file_points_nowhere():
    text = page(measurements=made.alike())
    assert not re.findall(r"(?:src|href)=[\"'](?!data:,|#)", text)
    assert not re.findall(r"@import|url\(", text)


def test_every_script_file_is_in_the_page():
    from wattwhat.report.page import document

    files = {path.name for path in document._ASSETS.glob("*.js")}
    assert files == set(document._SCRIPTS)
    assert "innerHTML" not in own_script()
    assert not re.search(r"outerHTML\s*=", own_script())
    assert "insertAdjacent" not in own_script()
