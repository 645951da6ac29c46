"""What the dialects' data says, for people and their editors: tables of every element, schemas, examples. Knows nothing beside it."""
