"""What a page says, without the tags around it: their nonces and tokens are random, and hold short words at times."""

import re
from html import unescape

from flask.testing import FlaskClient


def text_of(page: str) -> str:
    """Return the words of a page's HTML, data in its scripts included, with single spaces between."""
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", page)))


def seen_of(client: FlaskClient, address: str) -> str:
    """Return what the form of several fields on a page says that it shows."""
    form = client.get(address).text.partition('id="plan-form"')[2]
    return unescape(re.search(r'name="seen" value="([^"]*)"', form)[1])
