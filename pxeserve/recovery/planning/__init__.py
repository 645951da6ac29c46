"""How a dead host comes back: a plan made of facts alone. Refuses to know where facts come from, and who carries a plan out."""
