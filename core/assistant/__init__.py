"""The language model: agent, tool runner, prompt, citations, and the offline fallback."""
