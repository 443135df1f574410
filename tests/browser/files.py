"""Files that visitors upload, and settings with which they train quickly."""

from __future__ import annotations

import io
import random
import zipfile

# A training that is over in a moment.
QUICK = {"ep": "3", "pat": "0", "q": "2", "l": "1"}


def trees(rows: int = 120) -> bytes:
    """Return a CSV file of a German spreadsheet: semicolons, decimal commas, text, gaps, three classes."""
    draw = random.Random(0)
    lines = ["Höhe;Umfang;Rinde;Baumart"]
    for row in range(rows):
        number = row % 3
        height = f"{draw.gauss(10 + 4 * number, 1.5):.2f}".replace(".", ",")
        girth = "" if row % 11 == 4 else f"{draw.gauss(1 + number % 2, 0.2):.3f}".replace(".", ",")
        bark = ("glatt", "rissig", "")[row % 7 % 3]
        lines.append(f"{height};{girth};{bark};{('Buche', 'Eiche', 'Linde')[number]}")
    return "\r\n".join(lines).encode("cp1252")


def broken_workbook() -> bytes:
    """Return a file with the structure of an Excel workbook, but no content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def many_rows(rows: int) -> bytes:
    """Return a CSV file with this many short rows of two classes."""
    lines = (f"{row % 89},{row % 97},{'ab'[row % 89 % 2]}" for row in range(rows))
    return ("x,y,kind\n" + "\n".join(lines) + "\n").encode()


# Each would leave a trace on the page if it were interpreted as markup.
IMAGE = "<img src=x onerror=window.hacked=1>"
SCRIPT = "<script>window.hacked=1</script>"
MARKDOWN = "[click](javascript:window.hacked=1) **bold** $x^2$ :red[x]"
FORMULA = '=HYPERLINK("http://example.org")'
ENTITY = "&lt;b&gt;🦊"
# What Streamlit makes links and icons of, even where Markdown is escaped.
LINKS = "https://example.org www.example.org a@example.org :material/home: :smile: -> x"


def hostile(rows: int = 60) -> bytes:
    """Return a CSV file whose column and class names contain HTML, Markdown and formulas."""
    head = [IMAGE, MARKDOWN, FORMULA, LINKS, f"<b id=planted>{ENTITY}</b>"]
    classes = [SCRIPT + IMAGE, f"<i id=planted>{MARKDOWN}</i>", FORMULA]
    text = [",".join(map(_quoted, [*head, f"class {IMAGE}"]))]
    for row in range(rows):
        cells = [str(row * 7 % 13), str(row * 5 % 11), str(row % 3 + row * 3 % 5)]
        cells += [str(row % 2), (ENTITY, IMAGE)[row % 2]]
        text.append(",".join(map(_quoted, [*cells, classes[row % 3]])))
    return ("\n".join(text) + "\n").encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
