import pytest
from tests.browser.served import serving

@pytest.mark.parametrize("script", [True, False])
def test_it_opens(begin, window, script):
    import time
    t=time.time()
    story = begin(0 if script else 1)
    story.deal(0, PO_Required__c=True)
    print(story.sync().outcomes, time.time()-t)
    with serving(lambda address: story.settings(review_url=address)) as site:
        me = window(site.address, script=script)
        me.sign_in("Rin Takeda")
        print(me.page.url, time.time()-t)
        print(me.page.get_by_role("main").inner_text())
