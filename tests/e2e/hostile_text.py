"""What somebody may write who wants the pages to do something else, and what to look for in a page that shows it."""

from __future__ import annotations

SCRIPT = "<script>window.ran=1</script><img src=x onerror=window.ran=1>"
QUOTES = "\"'`--><svg onload=window.ran=1>"
TEMPLATES = '{{ 7|add:"42" }}{% now "Y" %}${window.ran=1}%(number)s%s%n{0}{seconds}'
TURNED = "\u202egnp.exe"
HEAD = "=1+1"
"""In front: what a spreadsheet would reckon."""
WHOLE = f"{HEAD}{SCRIPT}{QUOTES}{TEMPLATES}\x07\x1b[31m{TURNED}"
SHORT = (f"{HEAD}<b id=evil>{TURNED}", f"@<b id=evil>{TURNED}", f"-<b>{TURNED}", f"{HEAD}<b>")
"""For what is too short for all of it."""
VISIBLE = f"{HEAD}<b id=evil>x</b>"
"""What a form takes."""
MARKS = ("<b id=evil>", "<b>", "<script>")

# What a page must not have: an element out of a text, and words beside a text that it turned around.
FAULTS = """(turned) => {
  const faults = [];
  if (window.ran) faults.push("a script ran");
  const made = document.querySelectorAll("#evil, img[src=x], svg[onload], b:not([class])");
  for (const one of made) faults.push(`an element: ${one.outerHTML.slice(0, 80)}`);
  const isolates = (one) => !getComputedStyle(one).display.startsWith("inline")
    || !["normal", "embed", "bidi-override"].includes(getComputedStyle(one).unicodeBidi);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.data.includes(turned) || !node.parentElement.checkVisibility()) continue;
    let around = node.parentElement;
    while (!isolates(around)) around = around.parentElement;
    const after = around.textContent.slice(around.textContent.lastIndexOf(turned) + turned.length).trim();
    if (!/^[)”"'…]*$/.test(after)) faults.push(`turned in ${around.outerHTML.slice(0, 300)}: ${after.slice(0, 40)}`);
  }
  return faults;
}"""
