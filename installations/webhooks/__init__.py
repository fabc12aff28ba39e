"""Webhooks: what happens at a site, told to a server of the customer's (https://www.standardwebhooks.com)."""
