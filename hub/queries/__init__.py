"""Read models: one function a question, used alike by CLI, API and pages."""
