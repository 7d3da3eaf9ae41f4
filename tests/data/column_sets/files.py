"""Data sets that people have as files: from competitions, papers and the web. The rows are made up."""

from __future__ import annotations

from tests.data.column_sets.known import (
    BINARY,
    MOOD,
    NLI_IDS,
    NLI_NAMES,
    STARS,
    TOXIC,
    Asks,
    Known,
    count,
    date,
    empty,
    fraction,
    key,
    long_id,
    number,
    other,
    short,
    text,
    url,
    user,
)

FILES = [
    Known(
        "ag_news.csv",
        {"Class Index": [1, 2, 3, 4], "Title": short, "Description": text},
        Asks(["Class Index", "Title", "Description"]),
    ),
    Known(
        "spam.csv",
        {"v1": ["ham", "ham", "spam"], "v2": text, **{f"Unnamed: {n}": empty for n in (2, 3, 4)}},
        Asks(["v1"]),
    ),
    Known("Sentiment140 without a header", {
        "0": [0, 4], "1467810369": long_id, "Mon Apr 06": date, "NO_QUERY": ["NO_QUERY"], "_TheSpecialOne_": user,
        "@switchfoot": text,
    }, Asks(["0"])),
    Known(
        "CoLA without a header",
        {"gj04": ["gj04", "bc01"], "1": BINARY, "Unnamed: 2": [None, "*"], "Our friends": text},
        Asks(["1"]),
    ),
    Known("Tweets.csv (airlines)", {
        "tweet_id": long_id, "airline_sentiment": MOOD, "airline_sentiment_confidence": [1.0, 0.34, 0.68],
        "negativereason": [None, None, "Bad Flight", None, None, "Late Flight"],
        "negativereason_confidence": [None, 0.0, 0.7], "airline": ["Virgin America", "United"],
        "airline_sentiment_gold": [*[None] * 50, "negative", "positive"], "name": user,
        "negativereason_gold": empty, "retweet_count": [0, 0, 1], "text": text,
        "tweet_coord": [None, "[40.7, -74.0]"], "tweet_created": date,
        "tweet_location": ["Lets Play", None, "San Francisco"],
        "user_timezone": ["Eastern Time", None, "Pacific Time"],
    }, (["text"], "airline_sentiment")),
    Known("Jigsaw toxic", {
        "id": key, "comment_text": text,
        **{name: [int(at == row) for row in range(7)] for at, name in enumerate(TOXIC)},
    }, Asks(TOXIC, says='label = ["toxic", "severe_toxic"')),
    Known("Jigsaw unintended bias", {
        "id": number, "target": fraction, "comment_text": text, "severe_toxicity": fraction, "obscene": fraction,
        "asian": [None, 0.0, 1.0], "created_date": date, "publication_id": [2, 13], "parent_id": [None, 3.0],
        "article_id": count, "rating": ["rejected", "approved"], "funny": [0, 1], "wow": [0, 0, 1],
        "sad": [0, 1, 2], "likes": [0, 2, 7], "disagree": [0, 1], "sexual_explicit": fraction,
        "identity_annotator_count": [0, 4], "toxicity_annotator_count": [4, 10],
    }, (["comment_text"], "target")),
    Known("Women's clothing reviews", {
        "Unnamed: 0": number, "Clothing ID": [767, 1080, 1077], "Age": [33, 34, 60, 50],
        "Title": [None, "Some major flaws"], "Review Text": text, "Rating": STARS, "Recommended IND": BINARY,
        "Positive Feedback Count": [0, 4, 6], "Division Name": ["General", "General Petite"],
        "Department Name": ["Dresses", "Tops"], "Class Name": ["Dresses", "Pants", "Knits"],
    }, Asks(["Rating", "Recommended IND"])),
    Known("Amazon Fine Food reviews", {
        "Id": number, "ProductId": key, "UserId": key, "ProfileName": user, "HelpfulnessNumerator": [1, 0, 3],
        "HelpfulnessDenominator": [1, 0, 3], "Score": STARS, "Time": long_id, "Summary": short, "Text": text,
    }, (["Text"], "Score")),
    Known("Amazon reviews 2018, JSON", {
        "overall": [5.0, 4.0, 1.0], "verified": [True, False], "reviewTime": date, "reviewerID": key, "asin": key,
        "style": [{"Format:": "Hardcover"}], "reviewerName": user, "reviewText": text, "summary": short,
        "unixReviewTime": long_id,
    }, Asks(["overall", "reviewText"])),
    Known("Amazon reviews 2023", {
        "rating": [5.0, 4.0, 1.0], "title": short, "text": text, "asin": key, "user_id": key, "timestamp": long_id,
        "helpful_vote": [0, 1], "verified_purchase": [True, False],
    }, (["text"], "rating")),
    Known("Yelp, JSON", {
        "review_id": key, "user_id": key, "business_id": key, "stars": [5.0, 4.0, 1.0], "useful": [0, 1, 2],
        "funny": [0, 1], "cool": [0, 1, 3], "text": text, "date": date,
    }, Asks(["stars"])),
    Known("Yelp, CSV without names", {"label": [1, 2], "text": text}, (["text"], "label")),
    Known("IMDB Dataset.csv", {"review": text, "sentiment": ["positive", "negative"]}, (["review"], "sentiment")),
    Known("disaster tweets", {
        "id": number, "keyword": [None, "ablaze", "accident"], "location": [None, "Birmingham"], "text": text,
        "target": BINARY,
    }, (["text"], "target")),
    Known(
        "fake news (Fake.csv)",
        {"title": short, "text": text, "subject": ["News", "politics"], "date": date},
        Asks(["subject"]),
    ),
    Known("News Category", {
        "link": url, "headline": text, "category": ["POLITICS", "WELLNESS", "TRAVEL"], "short_description": other,
        "authors": user, "date": date,
    }, Asks(["headline", "short_description"])),
    Known("quora insincere", {"qid": key, "question_text": text, "target": BINARY}, (["question_text"], "target")),
    Known(
        "Quora question pairs",
        {"id": number, "qid1": count, "qid2": count, "question1": text, "question2": other, "is_duplicate": BINARY},
        (["question1", "question2"], "is_duplicate"),
    ),
    Known(
        "MRPC, TSV",
        {"Quality": BINARY, "#1 ID": count, "#2 ID": count, "#1 String": text, "#2 String": other},
        Asks(["Quality", "#1 String", "#2 String"]),
    ),
    Known("STS-B, TSV", {
        "index": number, "genre": ["main-captions", "main-news"], "filename": ["MSRvid", "headlines"],
        "year": ["2012test", "2013"], "old_index": count, "source1": ["none", "wire"], "source2": ["none", "wire"],
        "sentence1": text, "sentence2": other, "score": fraction,
    }, Asks(["score"])),
    Known("SICK.txt", {
        "pair_ID": number, "sentence_A": text, "sentence_B": other, "relatedness_score": fraction,
        "entailment_judgment": ["NEUTRAL", "ENTAILMENT", "CONTRADICTION"],
    }, Asks(["relatedness_score", "entailment_judgment"])),
    Known("SNLI, JSON Lines", {
        "annotator_labels": [["neutral"], ["neutral", "entailment"]], "captionID": key, "gold_label": NLI_NAMES,
        "pairID": key, "sentence1": text, "sentence1_binary_parse": text, "sentence1_parse": text,
        "sentence2": other, "sentence2_binary_parse": other, "sentence2_parse": other,
    }, (["sentence1", "sentence2"], "gold_label")),
    Known("SNLI, CSV", {
        "gold_label": NLI_NAMES, "sentence1_binary_parse": text, "sentence1_parse": text, "sentence1": text,
        "sentence2": other, "captionID": key, "pairID": key, "label1": NLI_NAMES, "label2": NLI_NAMES,
        "label3": [None, *NLI_NAMES],
    }, (["sentence1", "sentence2"], "gold_label")),
    Known(
        "20 newsgroups of scikit-learn",
        {"text": text, "target": [0, 1, 2], "target_names": ["alt.atheism", "sci.med", "sci.space"]},
        (["text"], "target"),
    ),
    Known("Steam reviews", {
        "app_id": [10, 20], "app_name": ["Counter-Strike", "Portal"], "review_text": text, "review_score": [1, -1],
        "review_votes": [0, 1],
    }, (["review_text"], "review_score")),
    Known("Google Play reviews", {
        "reviewId": key, "userName": user, "userImage": url, "content": text, "score": STARS,
        "thumbsUpCount": [0, 3], "reviewCreatedVersion": ["1.2", "1.3"], "at": date,
        "replyContent": [None, "Thank you for the review, we work on it."],
        "repliedAt": [None, "2020-10-27 22:24:11"], "sortOrder": ["most_relevant", "newest"],
        "appId": ["com.any.do", "com.ticktick"],
    }, Asks(["score"])),
    Known("MovieLens with titles", {
        "movieId": [1, 2, 3], "title": short, "genres": ["Adventure|Children", "Comedy"], "userId": [1, 2],
        "rating": [4.0, 3.5], "timestamp": long_id,
    }, Asks(["rating"])),
    Known(
        "resumes",
        {"ID": long_id, "Resume_str": text, "Resume_html": other, "Category": ["HR", "IT", "CHEF"]},
        Asks(["Resume_str", "Resume_html"]),
    ),
    Known("BBC news", {
        "category": ["business", "tech", "sport"], "filename": lambda row: f"{row:03d}.txt", "title": short,
        "content": text,
    }, (["content"], "category")),
    Known("Davidson hate speech, CSV", {
        "Unnamed: 0": number, "count": [3, 6], "hate_speech": [0, 1], "offensive_language": [3, 2],
        "neither": [0, 3], "class": NLI_IDS, "tweet": text,
    }, (["tweet"], "class")),
    Known("clickbait", {"headline": text, "clickbait": BINARY}, (["headline"], "clickbait")),
    Known(
        "sarcasm headlines",
        {"article_link": url, "headline": text, "is_sarcastic": BINARY},
        (["headline"], "is_sarcastic"),
    ),
    Known("sarcasm on Reddit", {
        "label": BINARY, "comment": text, "author": user, "subreddit": ["politics", "nfl"], "score": [2, -4, 3],
        "ups": [-1, 2], "downs": [-1, 0], "date": date, "created_utc": date, "parent_comment": other,
    }, (["comment"], "label")),
    Known(
        "Reddit posts",
        {"title": short, "score": count, "id": key, "url": url, "num_comments": count, "body": text},
        Asks(["score"]),
    ),
    Known("patent phrases", {
        "id": key, "anchor": lambda row: f"phrase {row // 7}", "target": short, "context": ["A47", "B01"],
        "score": [0.0, 0.25, 0.5, 0.75, 1.0],
    }, Asks(["score", "anchor", "target"])),
    Known("Feedback Prize (ELL)", {
        "text_id": key, "full_text": text,
        **{name: [2.5, 3.0, 3.5] for name in ("cohesion", "syntax", "vocabulary", "phraseology", "grammar")},
    }, Asks(["cohesion", "grammar"])),
    Known("CommonLit", {
        "id": key, "url_legal": [None, "https://a.org"], "license": [None, "CC BY 4.0"], "excerpt": text,
        "target": fraction, "standard_error": fraction,
    }, (["excerpt"], "target")),
    Known(
        "tweet sentiment extraction",
        {"textID": key, "text": text, "selected_text": other, "sentiment": MOOD},
        (["text"], "sentiment"),
    ),
    Known("coronavirus tweets", {
        "UserName": number, "ScreenName": count, "Location": ["London", None],
        "TweetAt": ["16-03-2020", "17-03-2020"], "OriginalTweet": text,
        "Sentiment": ["Positive", "Extremely Positive", "Negative"],
    }, (["OriginalTweet"], "Sentiment")),
    Known("MELD", {
        "Sr No.": number, "Utterance": text, "Speaker": ["Chandler", "Joey"], "Emotion": ["joy", "anger"],
        "Sentiment": MOOD, "Dialogue_ID": [0, 1], "Utterance_ID": [0, 1, 2], "Season": [8], "Episode": [21, 22],
        "StartTime": date,
    }, Asks(["Emotion", "Sentiment"])),
    Known(
        "SemEval 2016 stance",
        {"ID": number, "Tweet": text, "Target": ["Atheism", "Hillary Clinton"], "Stance": ["AGAINST", "FAVOR", "NONE"]},
        Asks(["Target", "Stance"]),
    ),
    Known("IBM argument quality", {
        "argument": text, "topic": ["We should ban zoos", "We should end racism"], "set": ["train", "dev"],
        "WA": fraction, "MACE-P": fraction, "stance_WA": [1, -1], "stance_WA_conf": fraction,
    }, Asks(["topic", "WA"])),
    Known(
        "fake news challenge",
        {"Headline": short, "Body ID": count, "articleBody": text, "Stance": ["unrelated", "agree", "discuss"]},
        Asks(["Headline", "articleBody"]),
    ),
    Known("LIAR", {
        "id": key, "label": ["false", "half-true", "true"], "statement": text, "subject": ["economy", "health"],
        "speaker": user, "job_title": ["Senator", None], "state_info": ["Texas", "Ohio"],
        "party_affiliation": ["democrat", "none"], "barely_true_counts": [0.0, 1.0],
        "context": ["a speech", "a tweet"],
    }, Asks(["statement"])),
    Known("e-commerce text", {"category": ["Household", "Books"], "text": text}, (["text"], "category")),
    Known(
        "medical abstracts",
        {"condition_label": [1, 2, 3], "medical_abstract": text},
        (["medical_abstract"], "condition_label"),
    ),
    Known(
        "hate speech detection curated",
        {"Content": text, "Label": BINARY, "Content_int": other},
        (["Content"], "Label"),
    ),
    Known("names and gender", {"name": user, "gender": ["M", "F"]}, Asks(["gender"])),
    Known("text with a count", {"text": text, "genre": ["drama", "comedy"], "word_count": [8, 9, 11]}, Asks(["genre"])),
    Known("text with a year", {"text": text, "author": user, "year": [1999, 2004]}, Asks(["year"])),
]  # fmt: skip
