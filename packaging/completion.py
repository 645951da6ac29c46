"""Prints the completion of one shell, drawn from the commands: words and options. Nothing is started at a TAB, no service is asked."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `commands`, wherever this is started from

from commands import Command, Option, commands

_PATHS = {"FILE", "DIR", "FOLDER", "SOURCE", "PATH"}
"""What stands for a value that is a path."""

_WALK = """\
    # The command so far: words that are no options, as long as they lead somewhere.
    path="" skip=""
    for word in "${before[@]}"; do
        if [[ -n $skip ]]; then skip=""; continue; fi
        if [[ $word == -* ]]; then
            case "$path $word" in
%(valued)s
            esac
            continue
        fi
        case "$path $word" in
%(paths)s
        esac
    done
    case "$path" in
%(words)s
    esac"""

_BASH = """\
# bash completion for pxeserve, drawn from its commands.
_pxeserve() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path skip word words options files
    local before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
%(walk)s
    COMPREPLY=()
    if [[ -n $skip ]]; then
        case "$path $previous" in
%(files)s
        esac
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    elif [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    else
        files=yes
    fi
    if [[ -n $files ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null; fi
}
complete -F _pxeserve pxeserve
"""

_ZSH = """\
#compdef pxeserve
# zsh completion for pxeserve, drawn from its commands.
_pxeserve() {
    local cur=${words[CURRENT]} previous=${words[CURRENT-1]} path_ skip word said options files
    local -a before=("${(@)words[2,CURRENT-1]}")
%(walk)s
    if [[ -n $skip ]]; then
        case "$path_ $previous" in
%(files)s
        esac
    elif [[ $cur == -* ]]; then
        compadd -- ${=options}
    elif [[ -n $said ]]; then
        compadd -- ${=said}
    else
        files=yes
    fi
    if [[ -n $files ]]; then _files; fi
}
if [[ $funcstack[1] == _pxeserve ]]; then _pxeserve "$@"; else compdef _pxeserve pxeserve; fi
"""

_FISH = """\
# fish completion for pxeserve, drawn from its commands.
function __pxeserve_at --description 'whether the words so far are this command'
    set -l path
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
        else if string match -q -- '-*' $word
            contains -- "$path $word" $__pxeserve_valued; and set skip yes
        else if contains -- (string trim "$path $word") $__pxeserve_paths
            set path (string trim "$path $word")
        end
    end
    test "$path" = "$argv"
end
"""


def bash() -> str:
    """For /usr/share/bash-completion/completions."""
    return _BASH % {"walk": _walk(list(commands())), "files": _files(list(commands()))}


def zsh() -> str:
    """For a folder of zsh's fpath. `path` and `words` are zsh's own names."""
    walk = re.sub(r'\bwords="', 'said="', re.sub(r"\bpath\b", "path_", _walk(list(commands()))))
    return _ZSH % {"walk": walk, "files": _files(list(commands()))}


def fish() -> str:
    """For /usr/share/fish/vendor_completions.d."""
    found = list(commands())
    valued = [f"{_path(one)} {name}" for one in found for option in one.options if option.value for name in option.names]
    lines = [
        "set -g __pxeserve_paths " + " ".join(_quoted(_path(one)) for one in found if one.words),
        "set -g __pxeserve_valued " + " ".join(_quoted(one) for one in valued),
    ]
    summaries = {one.words: one.summary for one in found}
    for one in found:
        at = f"complete -c pxeserve -n {_quoted('__pxeserve_at ' + _path(one))}"
        lines += [f"{at} -f -a {_quoted(word)} -d {_quoted(_short(summaries[(*one.words, word)]))}" for word in one.following]
        for option in one.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = "" if not option.value else " -r -F" if _is_path(option) else " -x"
            lines.append(f"{at} {names}{value} -d {_quoted(_short(option.help))}")
    return _FISH + "\n".join(lines) + "\n"


def _walk(found: list[Command]) -> str:
    return _WALK % {
        "valued": _indented(16, (f'"{_path(one)} {name}") skip=yes ;;' for one, _, name in _valued(found))),
        "paths": _indented(12, (f'"{" ".join(one.words[:-1])} {one.words[-1]}") path="{_path(one)}" ;;' for one in found if one.words)),
        "words": _indented(
            8, (f'"{_path(one)}") words="{" ".join(one.following)}" options="{" ".join(_names(one))}" ;;' for one in found)
        ),
    }


def _files(found: list[Command]) -> str:
    """Options that are followed by a path."""
    return _indented(12, (f'"{_path(one)} {name}") files=yes ;;' for one, option, name in _valued(found) if _is_path(option)))


def _valued(found: list[Command]) -> Iterator[tuple[Command, Option, str]]:
    return ((one, option, name) for one in found for option in one.options if option.value for name in option.names)


def _names(one: Command) -> list[str]:
    return [name for option in one.options for name in option.names]


def _path(one: Command) -> str:
    return " ".join(one.words)


def _is_path(option: Option) -> bool:
    return option.value in _PATHS


def _indented(width: int, lines: Iterator[str]) -> str:
    return "\n".join(" " * width + line for line in lines)


def _short(said: str) -> str:
    """The first sentence, without the words that a person has typed by then."""
    return re.split(r"(?<=[.:;]) ", " ".join(said.split()), maxsplit=1)[0].rstrip(".:;")


def _quoted(said: str) -> str:
    """In single quotes, as fish reads them."""
    return "'" + said.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in _SHELLS:
        sys.exit(f"usage: completion.py {'|'.join(_SHELLS)}")
    sys.stdout.write(_SHELLS[sys.argv[1]]())
