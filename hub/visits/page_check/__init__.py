"""Looks at a page of a company's own website as a browser gets it: is the script on it, and would it run and swap?"""
