"""What gives a host of a pool its static address, said in one way wherever that is missed. Refuses to know who misses it."""


def give_static(host: str) -> str:
    """The fix, for people: the command, with words in capitals for what only they know."""
    words = ("proto=static", "ipaddr=ADDRESS", "subnet=MASK", "gateway=ROUTER")
    return f"give it one: pxeserve host set {host} {' '.join(f'--set admin-interface.{word}' for word in words)}"
