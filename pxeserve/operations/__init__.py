"""What people and programs may ask for: a room a matter, one file a noun in it, one function a verb. Holds no state.

The command line, the admin socket and (later) the API only translate; every check and every audit line is here.
"""
