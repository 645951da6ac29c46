"""What an installer is told: the answers, the dialects of its generations, rendering, linting. Knows no host, store or network."""
