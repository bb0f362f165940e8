"""Courses, the questions made from them, and when each word is asked again."""
