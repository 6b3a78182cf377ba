"""Draws that anybody can repeat, sizes of samples, estimates from them, and agreement between those who judged them."""
