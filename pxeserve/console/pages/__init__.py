"""Pages for people: a module a page, each with a `blueprint`. They translate for `operations` and nothing else."""
