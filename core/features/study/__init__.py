"""Courses: lessons, quizzes, reviews, cards and progress."""
