"""Quizzes: reading answers, marking them, and walking from the first question to the summary."""
