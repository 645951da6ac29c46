"""What people and programs may ask for: one file a noun, one function a verb. Holds no state.

The command line, the admin socket and (later) the API only translate; every check and every audit line is here.
"""
