"""Read models: one function per question, shared by CLI, API and pages."""
