"""What a page says, without the tags around it: their nonces and tokens are random, and hold short words at times."""

import re
from html import unescape


def text_of(page: str) -> str:
    """Return the words of a page's HTML, data in its scripts included, with single spaces between."""
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", page)))
