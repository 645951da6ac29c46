"""The words in which people say what they mean, read and bounded: settings, labels, which hosts, a file of YAML.

Refuses to know what is done with them.
"""
