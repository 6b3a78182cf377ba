"""Casework: Django apps, one per noun, all of one shape.

``states`` moves · ``models`` tables · ``policies`` is it allowed now · ``permissions`` who may · ``actions`` the only
writers · ``queries`` reads, always scoped. Apps talk through ``actions`` and ``queries`` only.
"""
