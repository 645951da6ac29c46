# Sourced by bin/run and bin/test: the system's packages, and .venv with the locked Python packages. Needs nothing but a shell,
# coreutils, apt and Debian's own Python: no git, no compiler, no make.
# shellcheck shell=sh

CHECKOUT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
VENV=$CHECKOUT/.venv
PYTHON=/usr/bin/python3 # not whichever comes first in PATH: that one may lack venv, or be gone tomorrow

PATH=$PATH:/usr/sbin:/sbin # su and sudo may leave root without useradd and ip

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$(basename -- "$0"): $*"
    exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }

# Those of the given packages that are not installed.
missing_packages() {
    for package in "$@"; do
        dpkg-query --show --showformat='${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$package"
    done
}

# Install what is missing, as root; else say so and end with 1.
system_packages() {
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if ! is_root; then
        say "not installed here: $missing"
        return 1
    fi
    command -v apt-get >/dev/null || die "not installed here, and there is no apt-get to get them with: $missing"
    say "installing $missing"
    apt-get update -qq || say "apt-get update failed; trying with the package lists that are here"
    # shellcheck disable=SC2086 # a list
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || die "apt-get could not install $missing"
}

# Make .venv with the packages of one lock file and pxeserve itself. A second call with nothing changed costs no time.
make_venv() {
    lock=$CHECKOUT/$1
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || die "$PYTHON is missing or older than 3.11"
    stamp=$VENV/.made-from-$1
    wanted=$(cat "$lock" "$CHECKOUT/pyproject.toml" | sha256sum; "$PYTHON" --version; printf '%s\n' "$CHECKOUT")
    if [ -x "$VENV/bin/pxeserve" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    say "making $VENV"
    "$PYTHON" -m venv "$VENV" || die "$PYTHON cannot make a virtual environment here: is python3-venv installed, and may you write to $CHECKOUT?"
    pip="$VENV/bin/python -m pip --disable-pip-version-check --no-input --quiet"
    $pip install --require-hashes -r "$lock" || die "the packages of $1 could not be installed (see above)"
    (
        cd "$CHECKOUT" || exit 1
        $pip install --no-deps --no-build-isolation -e . || $pip install --no-deps --no-build-isolation .
    ) || die "pxeserve itself could not be installed (see above)"
    printf '%s\n' "$wanted" >"$stamp"
}
