"""Who answers: a quiz, a command, or the model with its tools."""
