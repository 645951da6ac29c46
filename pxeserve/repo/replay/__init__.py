"""An installer's visit, replayed: one generation's requests against the running server, and what it would make of the answers.

A second opinion on media. It reads repositories as each installer does, mistakes included, and shares nothing with `formats`, which says
what is right. The installers' own source was read release by release (4.1 of 2008-02 to the trunk of 2025); a rule names its release.
"""
