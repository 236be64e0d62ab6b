"""`make site` builds the site of README, docs/ and the plugins' READMEs: build/site, from mkdocs.yml.

The pages are laid out as in the repository, so one set of links holds on the site and on a forge. An entry of the navigation
that ends with "/" stands for all pages of that folder. The build fails for a link or anchor that leads nowhere, and for a page
that loads anything from another host.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
LINK = re.compile(r"\]\(([^)#:\s]+)[^)\s]*\)|<img[^>]+src=\"([^\":]+)\"")
ITEM = re.compile(r" *(?:[-*]|\d+\.) +(?=\S)")
FENCE = re.compile(r" *(`{3,})")
LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]+src=\"((?:https?:)?//[^\"]+)\""
    r"|<link[^>]+rel=\"(?:stylesheet|preconnect)\"[^>]+href=\"((?:https?:)?//[^\"]+)\""
)


def title(page: Path) -> str:
    """The first heading of a page."""
    first = next((line[2:] for line in page.read_text().splitlines() if line.startswith("# ")), page.stem)
    return first.replace("`", "").removesuffix(" in five steps")


def expanded(navigation: list[Any]) -> list[Any]:
    """The navigation with each folder replaced by its pages, and each page's title written out."""
    found: list[Any] = []
    for entry in navigation:
        if isinstance(entry, dict):
            ((name, value),) = entry.items()
            found.append({name: expanded(value) if isinstance(value, list) else value})
        elif entry.endswith("/"):
            pages = sorted((ROOT / entry).rglob("*.md"))
            found.extend({title(page): page.relative_to(ROOT).as_posix()} for page in pages)
        else:
            found.append({title(ROOT / entry): entry})
    return found


def pages_of(navigation: list[Any]) -> list[str]:
    """The pages of an expanded navigation, in reading order."""
    pages: list[str] = []
    for entry in navigation:
        for value in entry.values():
            pages.extend(pages_of(value) if isinstance(value, list) else [value])
    return pages


def indented(text: str) -> str:
    """A page whose lists are indented by four for each level and begin after an empty line, as Python-Markdown wants them."""
    lines: list[str] = []
    levels: list[int] = []  # where the content of each list that a line is in begins
    fence, shift, loose = "", 0, False
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if fence:
            lines.append(" " * max(0, indent + shift) + line.lstrip(" ") if line.strip() else "")
            fence = "" if line.strip() == fence else fence
            continue
        if not line.strip():
            lines.append("")
            loose = True
            continue
        item, in_list = ITEM.match(line), bool(levels)
        while levels and indent < levels[-1]:
            levels.pop()
        if item and (loose or not in_list) and lines and lines[-1]:
            lines.append("")
        new = 4 * len(levels) + indent - (levels[-1] if levels else 0)
        lines.append(" " * new + line.lstrip(" "))
        if item:
            levels.append(item.end())
            loose = False
        elif opened := FENCE.match(line):
            fence, shift = opened[1], new - indent
    return "\n".join(lines) + "\n"


def lay_out(navigation: list[Any], source: Path) -> None:
    """Copy the pages and the files that they link to, and write a list of pages for each folder that they link to."""
    shutil.rmtree(source, ignore_errors=True)
    for name in pages_of(navigation):
        page = ROOT / name
        linked = [page.parent / (target or image) for target, image in LINK.findall(page.read_text())]
        for file in [page, *(each for each in linked if each.is_file() and each.suffix != ".md")]:
            copy = source / file.resolve().relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix == ".md":
                copy.write_text(indented(file.read_text()))
            else:
                shutil.copy(file, copy)
        for folder in (each.resolve() for each in linked if each.is_dir()):
            listed = "\n".join(f"- [{title(each)}]({each.name})" for each in sorted(folder.glob("*.md")))
            target = source / folder.relative_to(ROOT) / "index.md"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"# All pages of {folder.relative_to(ROOT)}\n\n{listed}\n")


def loaded_from_elsewhere(site: Path) -> list[str]:
    """What pages load from other hosts, as "page: address"."""
    return [
        f"{page.relative_to(site)}: {script or style}"
        for page in sorted(site.rglob("*.html"))
        for script, style in LOADED.findall(page.read_text())
    ]


def main() -> int:
    """Build the site; 0 if every link of it leads somewhere and nothing is loaded from elsewhere."""
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    settings["nav"] = expanded(settings["nav"])
    source, site = BUILD / settings["docs_dir"], BUILD / settings["site_dir"]
    lay_out(settings["nav"], source)
    shutil.rmtree(site, ignore_errors=True)
    written = BUILD / "mkdocs.yml"
    written.write_text(yaml.safe_dump(settings, sort_keys=False))
    program = Path(sys.executable).with_name("zensical")
    done = subprocess.run([program, "build", "--strict", "--clean", "-f", written], capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.stderr.write(re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).partition("Traceback")[0])
        return 1
    missing = [page for page in pages_of(settings["nav"]) if not built(site, page).exists()]
    problems = [f"{page} was not built" for page in missing] + loaded_from_elsewhere(site)
    print(*problems, sep="\n", file=sys.stderr) if problems else print(f"The site is in {site.relative_to(ROOT)}.")
    return bool(problems)


def built(site: Path, page: str) -> Path:
    """The file of a page on the site."""
    path = Path(page).with_suffix("")
    return site / (path.parent if path.name in ("README", "index") else path) / "index.html"


if __name__ == "__main__":
    raise SystemExit(main())
