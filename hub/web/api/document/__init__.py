"""The OpenAPI document of the API and the page that shows it, both public: they hold nothing of a customer."""
