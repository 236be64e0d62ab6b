"""The website's visitors: visits, page views and forms, read from requests and written in batches."""
