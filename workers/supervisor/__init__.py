"""Keep programs and embedded servers running for one home folder; independent of the application that uses it."""
