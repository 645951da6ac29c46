"""Commands about hosts, profiles and the site, one at a time or declared in files."""
