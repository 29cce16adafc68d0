"""Verbs whose answers carry records and figures away: the audit keeps them like files taken from a page."""

from collections.abc import Mapping
from typing import Any

import click

from geoapp.settings import load_settings

TAKEN_BY = ("output", "out", "xlsx", "as_json")
"""Options of which any means that the answer is a file or data; without them it is a page to read."""
_WORDS, _IS_NOTED = "geoapp.words", "geoapp.is_noted"


class ExportingCommand(click.Command):
    """A verb whose files and data are in the audit, by the account of the machine that ran it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Keep the words as typed."""
        words = list(args)
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[_WORDS] = [*context.command_path.split(), *words]
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb and keep what it gave; a verb that ends with findings has given it too."""
        try:
            answer = super().invoke(ctx)
        except SystemExit:
            self.note(ctx)
            raise
        self.note(ctx)
        return answer

    def takes_away(self, params: Mapping[str, Any]) -> bool:
        """Return whether the answer is more than a page to read."""
        return any(params.get(name) for name in TAKEN_BY)

    def note(self, ctx: click.Context) -> None:
        """Keep, once, that something was taken away; for verbs that have more to do afterwards."""
        if self.takes_away(ctx.params) and not ctx.meta.get(_IS_NOTED):
            from geoapp.services.exports import note_command

            note_command(load_settings(data_dir=ctx.params.get("data_dir")), ctx.meta[_WORDS])
            ctx.meta[_IS_NOTED] = True


class FilingCommand(ExportingCommand):
    """A verb that always writes files."""

    def takes_away(self, params: Mapping[str, Any]) -> bool:
        """Return True."""
        return True


class FilesOrDatabaseCommand(ExportingCommand):
    """A verb that needs no database where it is given files: those are nobody's but the caller's."""

    def takes_away(self, params: Mapping[str, Any]) -> bool:
        """Return whether something of the database was taken."""
        return params.get("plots") is None and super().takes_away(params)
