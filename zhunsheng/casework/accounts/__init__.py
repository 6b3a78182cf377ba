"""Accounts: how a person proves to be the holder of one - passwords, second factors, sessions, single sign-on."""
