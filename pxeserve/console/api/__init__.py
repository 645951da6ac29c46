"""The API for programs: a module a noun, each with a `blueprint` at `/api/v1`. They translate for `operations` and nothing else."""
