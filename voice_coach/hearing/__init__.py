"""Sound to text within the grammar of the moment. Knows nothing of exercise."""
