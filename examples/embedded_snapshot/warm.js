// Makes the rules hot before anybody asks.
for (let i = 0; i < 2000; i++) price(i, 'student');
