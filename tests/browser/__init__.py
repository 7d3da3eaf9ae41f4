"""Tests in a real browser: JupyterLab and Notebook 7, driven through headless Chromium."""
