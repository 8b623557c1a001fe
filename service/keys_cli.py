"""The command line for API keys: keys add, list and revoke."""

import json
from pathlib import Path

import click

from service.keys import FILE_NAME, SCOPES, add_key, read_keys, revoke_key
from service.options import index_option, json_option, path_named
from service.settings import read_settings
from service.terminal import printable

keys_option = click.option(
    "--keys",
    "keys_file",
    callback=path_named("a file"),
    metavar="FILE",
    help=f"The file of API keys. Default: ATTACHE_KEYS, else {FILE_NAME} in the index's folder.",
)


@click.group(epilog="Example: attache keys add newsroom --scope ask --scope read")
def keys() -> None:
    """Make, list and revoke the API keys of `attache serve`.

    Once there is a file of keys, a request needs one. A running service takes a change up at once.
    """


@keys.command(epilog="Example: attache keys add archive --scope read --scope write")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What the key may do: ask and search; read documents and metrics; add and remove "
    "documents. Repeatable.",
)
@index_option
@keys_option
@json_option
def add(
    name: str,
    scopes: tuple[str, ...],
    index_folder: Path | None,
    keys_file: Path | None,
    as_json: bool,
) -> int:
    """Make a key for NAME and print it; only its hash is kept, so it is shown this once."""
    path = keys_path(index_folder, keys_file)
    token = add_key(path, name, scopes)
    if as_json:
        click.echo(json.dumps({"name": name, "scopes": scopes, "key": token, "file": str(path)}))
    else:
        click.echo(token)
        click.echo(f"Keep it: {printable(str(path))} holds its hash only.", err=True)
    return 0


@keys.command(name="list", epilog="Example: attache keys list --json")
@index_option
@keys_option
@json_option
def list_keys(index_folder: Path | None, keys_file: Path | None, as_json: bool) -> int:
    """List the keys: names, what they may do, and when they were made."""
    path = keys_path(index_folder, keys_file)
    known = read_keys(path)
    if as_json:
        shown = [{"name": k.name, "scopes": k.scopes, "created": k.created} for k in known or ()]
        click.echo(json.dumps({"keys": shown, "file": str(path)}, indent=2))
        return 0
    for key in known or ():
        click.echo(printable(f"{key.name}  {', '.join(key.scopes)}  {key.created}"))
    if known is None:
        click.echo(f"There are no keys: {printable(str(path))} is not there.", err=True)
    elif not known:
        click.echo(_nobody_gets_in(path), err=True)
    return 0


@keys.command(epilog="Example: attache keys revoke newsroom")
@click.argument("name")
@index_option
@keys_option
@json_option
def revoke(name: str, index_folder: Path | None, keys_file: Path | None, as_json: bool) -> int:
    """Revoke the key of NAME; no request that comes afterwards gets in with it."""
    path = keys_path(index_folder, keys_file)
    left = revoke_key(path, name)
    if as_json:
        click.echo(json.dumps({"revoked": name, "left": left, "file": str(path)}))
    else:
        click.echo(f"revoked {name}, {left} left")
    if not left:
        click.echo(_nobody_gets_in(path), err=True)
    return 0


def keys_path(index_folder: Path | None, keys_file: Path | None) -> Path:
    """Return the file of keys that options and environment name."""
    settings = read_settings(index_folder, keys=keys_file)
    return settings.keys or settings.index / FILE_NAME


def _nobody_gets_in(path: Path) -> str:
    return (
        f"No key is left: nobody gets in until one is added. To serve without keys again, "
        f"remove {printable(str(path))} and start the service anew."
    )
