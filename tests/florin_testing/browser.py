# SPDX-License-Identifier: Apache-2.0
"""A payer's browser: Chromium without a window, by Debian's driver for it. Where it is not installed, tests that need it are left out aloud."""
import os
import shutil

import pytest
from florin_testing.waiting import until

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
except ImportError:
    webdriver = None

WORDS = ['--headless=new', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--no-proxy-server',
         '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']  # it speaks to this machine and to nobody else


class Browser:
    """One that a payer holds in his hands."""

    def __init__(self, profile):
        chromium, driver = shutil.which('chromium'), shutil.which('chromedriver')
        if not (webdriver and chromium and driver):
            pytest.skip('NOT TESTED: payers with a browser. chromium, chromium-driver and python3-selenium are not installed')
        os.environ['NO_PROXY'] = '127.0.0.1,localhost'
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for word in [*WORDS, f'--user-data-dir={profile}', *(['--no-sandbox'] if os.geteuid() == 0 else [])]:
            options.add_argument(word)
        self.driver = webdriver.Chrome(service=Service(driver), options=options)

    def go(self, url):
        self.driver.get(url)

    def again(self):
        """The key that loads the page anew."""
        self.driver.refresh()

    def press(self, value):
        """The button with that value. Where that leads to is on its way when this returns."""
        self.driver.find_element(By.CSS_SELECTOR, f'button[value={value}]').click()

    def reads(self, words):
        """Waits until the page says that."""
        until(lambda: self.driver.find_elements(By.XPATH, f'//*[text()="{words}"]'), f'he reads {words}')

    def comes_to(self, url):
        """Waits until he is there."""
        until(lambda: self.driver.current_url == url, f'he comes to {url}')

    def leaves(self, url):
        """Waits until he is somewhere else, be it at an error."""
        until(lambda: self.driver.current_url != url, f'he leaves {url}')

    def new_tab(self):
        self.driver.switch_to.new_window('tab')

    def close_tab(self):
        """And looks at the one that was there before."""
        self.driver.close()
        self.driver.switch_to.window(self.driver.window_handles[-1])

    def close(self):
        self.driver.quit()
